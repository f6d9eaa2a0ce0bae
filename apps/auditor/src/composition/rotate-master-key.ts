import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseMasterKey, rewrapAll } from '@rolebook/crypto';
import { openMongoKeyStore } from '@rolebook/crypto/mongodb';
import { openSqliteKeyStore } from '@rolebook/crypto/sqlite';
import { readConfig, type Config } from '@rolebook/installation';
import { putOnDisk } from '@rolebook/sqlite-files';
import { NotTried } from '../command';

export interface Rotation {
  readonly from: string;
  readonly to: string;
  /** Keys and secrets that were wrapped anew. */
  readonly wrapped: number;
  /** Where the new master key stands now; `null`: where the operator has put it. */
  readonly file: string | null;
}

/**
 * Wraps every key with another master key. Killed at any moment it is run again and goes on: a new key that is made here is on disk
 * before the first key is wrapped with it, and takes the old one's place after the last.
 * @param given the new master key in base64; `undefined`: one is made and kept in the data folder (embedded mode alone)
 * @throws {NotTried} where a key is missing @throws {MasterKeyError} where the store was written with neither
 */
export async function rotateMasterKey(data: string | undefined, given: string | undefined, onProgress: (done: number) => void): Promise<Rotation> {
  const config = readConfig({ ...process.env, ...(data === undefined ? {} : { ROLEBOOK_DATA: data }) });
  const file = join(config.data, 'master.key');
  const next = `${file}.next`;
  const keptInFile = config.masterKey === null;
  if (config.mongoUrl === null && !existsSync(join(config.data, 'keys.db'))) throw new NotTried(`there is no installation in ${config.data}: name its data folder with --data`);
  if (!keptInFile && given === undefined) throw new NotTried('ROLEBOOK_MASTER_KEY is set, so the key is kept by you: give the new one with --new-key-file');
  const to = parseMasterKey(given ?? keptFor(next));
  if (given !== undefined && keptInFile) {
    if (existsSync(next) && readFileSync(next, 'utf8').trim() !== given) throw new NotTried(`a change to the key in ${next} was interrupted: finish it first, without --new-key-file`);
    keep(next, given);
  }
  const from = parseMasterKey(keptInFile ? readFileSync(file, 'utf8') : config.masterKey);
  const store = await openKeyStore(config);
  try {
    const wrapped = await rewrapAll(store, from, to, onProgress);
    if (keptInFile) putInPlace(next, file);
    return { from: from.id, to: to.id, wrapped, file: keptInFile ? file : null };
  } finally {
    await store.close();
  }
}

function openKeyStore({ mongoUrl, mongoDatabase, data }: Config) {
  return mongoUrl === null ? openSqliteKeyStore({ file: join(data, 'keys.db') }) : openMongoKeyStore({ url: mongoUrl, database: `${mongoDatabase}-keys` });
}

/** The key of a change that was interrupted, or a new one, kept. */
function keptFor(next: string): string {
  if (!existsSync(next)) keep(next, randomBytes(32).toString('base64'));
  return readFileSync(next, 'utf8');
}

function keep(file: string, key: string): void {
  writeFileSync(file, `${key.trim()}\n`, { mode: 0o600, flush: true });
  putOnDisk(dirname(file));
}

function putInPlace(next: string, file: string): void {
  renameSync(next, file);
  putOnDisk(dirname(file));
}
