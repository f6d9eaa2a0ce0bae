import { createHash } from 'node:crypto';
import { constants, copyFileSync, createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';
import { putOnDisk } from '@rolebook/sqlite-files';
import { copyDatabase } from '@rolebook/sqlite-files/sqlite';
import { NotTried } from '../command';
import { tallyOf, type LogTally } from '../log-tally';

export const MANIFEST = 'backup.json';
export const FORMAT = 'rolebook-backup/1';

/** What a backup says of itself. Every file of it is named here, so that one too many or too few shows. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly madeAt: string;
  readonly log: LogTally;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/**
 * Copies the embedded stores while they serve.
 *
 * The order makes the copy consistent. Operational state first: it holds how far mails have gone out, which must not be beyond the end of
 * the log. Then the log, at one moment. Then keys: a key is stored before the event that needs it, so all are there. Then pictures, which
 * are stored before the event that names them. Read models are not copied: they are made from the log at the first start. The master key
 * is not copied either: whoever has the backup alone can read nothing personal in it.
 * @throws {NotTried} where the folder is in use, or there is nothing to copy
 */
export async function backUp(data: string, to: string, onProgress: (done: number) => void): Promise<Manifest> {
  if (!existsSync(join(data, 'events.db'))) throw new NotTried(`there is no installation in ${data}: name its data folder with --data`);
  if (existsSync(to) && readdirSync(to).length > 0) throw new NotTried(`${to} is not empty: name a folder of its own for each backup`);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of ['operational.db', 'events.db', 'keys.db']) copyDatabase(join(data, name), join(to, name));
  for (const file of filesUnder(join(data, 'avatars'))) copyPicture(file, join(to, relative(data, file)));

  const log = await tallied(join(to, 'events.db'), onProgress);
  const files = await Promise.all(filesUnder(to).sort().map(async (file) => ({ name: relative(to, file), bytes: statSync(file).size, sha256: await sha256(file) })));
  const manifest: Manifest = { format: FORMAT, madeAt: new Date().toISOString(), log, files };
  writeFileSync(join(to, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true });
  putOnDisk(to);
  return manifest;
}

/** Opening a log writes to its file, and beside it; so a copy of it is counted. */
async function tallied(file: string, onProgress: (done: number) => void): Promise<LogTally> {
  const folder = mkdtempSync(join(dirname(file), '.counted-'));
  try {
    const copy = join(folder, 'events.db');
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
    const events = await openSqliteEventStore({ file: copy });
    try {
      return await tallyOf(events, onProgress);
    } finally {
      await events.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A picture may be removed at any moment, with its person. */
function copyPicture(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  try {
    copyFileSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Drafts of what is being written are no files yet; nor are SQLite's own beside a database. */
export function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.name.startsWith('.') || /\.db-(wal|shm)$/.test(entry.name) ? [] : [path];
  });
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
