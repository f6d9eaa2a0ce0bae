import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Has a file, or a folder's list of files, on the disk when this returns. */
export function putOnDisk(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
