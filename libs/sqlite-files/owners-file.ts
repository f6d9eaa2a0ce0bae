import { closeSync, openSync } from 'node:fs';

/** A file that only its owner may read, made where it is missing; SQLite gives the files beside it the same mode. */
export function ownersFile(file: string): string {
  closeSync(openSync(file, 'a', 0o600));
  return file;
}
