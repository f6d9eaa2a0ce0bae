import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { openFoundation, readConfig, type Foundation } from '@rolebook/installation';
import { UnreadableEvent } from '@rolebook/event-sourcing';
import { systemClock } from '@rolebook/kernel';
import { databaseProblems } from '@rolebook/sqlite-files/sqlite';
import { NotTried } from '../command';
import { differences, pagesOf, tallyOf } from '../log-tally';
import { replayLog } from '../past';
import { Progress } from '../progress';
import type { Terminal } from '../terminal';
import { filesUnder, FORMAT, MANIFEST, sha256, type Manifest } from './backup';

export interface BackupVerdict {
  readonly manifest: Manifest;
  readonly problems: readonly string[];
  /** As they are after a replay; `null` where it did not get that far. */
  readonly businesses: number | null;
  readonly users: number | null;
}

/**
 * Proves a backup by restoring it: its files are those that were written; SQLite finds each database sound; a copy of it opens with the
 * master key; the log has the events, in the order, with the Merkle roots that it had; each event can be decoded with the keys that
 * are there; the log replays.
 * @throws {NotTried} where the folder is no backup, or the master key is missing or another one
 */
export async function proveBackup(folder: string, masterKey: string, terminal: Terminal): Promise<BackupVerdict> {
  const manifest = readManifest(folder);
  const problems = await fileProblems(folder, manifest);
  for (const { name } of manifest.files.filter(({ name }) => name.endsWith('.db'))) {
    if (problems.length === 0) problems.push(...databaseProblems(join(folder, name)).map((problem) => `${name}: ${problem}`));
  }
  if (problems.length > 0) return { manifest, problems, businesses: null, users: null };
  const restored = mkdtempSync(join(tmpdir(), 'rolebook-restored-'));
  try {
    cpSync(folder, restored, { recursive: true });
    const foundation = await opened(restored, masterKey);
    try {
      problems.push(...(await logProblems(foundation, manifest, terminal)));
      const past = await replayLog(foundation, null, terminal);
      return { manifest, problems, businesses: past.businesses.size, users: past.users.size };
    } finally {
      await foundation.stores.close();
    }
  } finally {
    rmSync(restored, { recursive: true, force: true });
  }
}

function readManifest(folder: string): Manifest {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Manifest;
    if (manifest.format === FORMAT) return manifest;
  } catch {
    // said below
  }
  throw new NotTried(`${folder} is no backup of this program: ${MANIFEST} is missing or cannot be read. A backup that was interrupted has none`);
}

async function fileProblems(folder: string, { files }: Manifest): Promise<string[]> {
  const problems: string[] = [];
  const there = new Set(filesUnder(folder).map((file) => relative(folder, file)));
  there.delete(MANIFEST);
  for (const { name, sha256: wanted } of files) {
    if (!there.delete(name)) problems.push(`${name} is missing`);
    else if ((await sha256(join(folder, name))) !== wanted) problems.push(`${name} is not what was written`);
  }
  return [...problems, ...[...there].map((name) => `${name} is no part of the backup`)];
}

/** The stores of the copy, and no servers that the environment may name. */
async function opened(data: string, masterKey: string): Promise<Foundation> {
  try {
    return await openFoundation(readConfig({ ROLEBOOK_DATA: data, ROLEBOOK_MASTER_KEY: masterKey }), systemClock);
  } catch (error) {
    throw error instanceof Error && error.name === 'MasterKeyError' ? new NotTried(error.message) : error;
  }
}

async function logProblems({ stores, codec }: Foundation, manifest: Manifest, terminal: Terminal): Promise<string[]> {
  const progress = new Progress(terminal, 'events proven');
  const problems = differences(manifest.log, await tallyOf(stores.events, (done) => progress.report(done, done / manifest.log.events)));
  let unreadable = 0;
  for await (const page of pagesOf(stores.events)) unreadable += (await codec.decodeEach(page)).filter((decoded) => decoded instanceof UnreadableEvent).length;
  progress.end();
  if (unreadable > 0) problems.push(`${unreadable} events cannot be decoded: their keys are not in keys.db, or they are of a newer version of the service`);
  return problems;
}
