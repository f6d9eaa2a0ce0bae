import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import { argon2Settings, type PasswordTask } from './password-hash';

/** So the event loop's thread goes first wherever both want the processor; what is idle is all for hashing. */
const NICENESS = 10;

const port = parentPort;
if (!port) throw new Error('this file is a worker thread');

// On Linux, process 0 is the calling thread alone (setpriority(2), "C library/kernel differences"); elsewhere it would be the whole service.
if (process.platform === 'linux') {
  try {
    setPriority(0, NICENESS);
  } catch {
    // Forbidden by a sandbox: then it competes like the others.
  }
}

port.on('message', ({ password, hash }: PasswordTask) => {
  try {
    port.postMessage({ value: hash === undefined ? hashSync(password, argon2Settings) : verifySync(hash, password) });
  } catch (error) {
    port.postMessage({ error: `argon2: ${(error as Error).message}` });
  }
});
