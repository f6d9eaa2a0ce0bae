import { putOnDisk } from '@rolebook/sqlite-files';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createMasterKey, MasterKeyError, parseMasterKey, type MasterKey } from './master-key';

/**
 * The master key of embedded mode: read from its file, or made there at first start, readable by the owner alone.
 * It appears whole or not at all, and where two processes start at once both get the one that stands.
 * @throws {MasterKeyError} where the file holds no master key
 */
export function readOrMakeMasterKeyFile(file: string): { readonly masterKey: MasterKey; readonly made: boolean } {
  const standing = readIfThere(file);
  if (standing !== null) {
    keepToOwner(file);
    return { masterKey: parsed(standing, file), made: false };
  }
  const bytes = randomBytes(32);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${bytes.toString('base64')}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file);
    putOnDisk(dirname(file)); // the new name too, not only the bytes: data sealed under a lost key would be lost
    return { masterKey: createMasterKey(bytes), made: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { masterKey: parseMasterKey(readFileSync(file, 'utf8')), made: false };
  } finally {
    rmSync(draft);
  }
}

/** On a file system that cannot be written, the file stays as it is. */
function keepToOwner(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

function parsed(text: string, file: string): MasterKey {
  try {
    return parseMasterKey(text);
  } catch (cause) {
    throw new MasterKeyError(`The file ${file} holds no master key (32 bytes in base64). Put it back from its backup: no other key opens the data.`, { cause });
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
