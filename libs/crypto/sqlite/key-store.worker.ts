import { parentPort, workerData } from 'node:worker_threads';
import { KeyDatabase, type KeyStoreCall } from './key-database';

/** The thread that owns keys.db: takes batches of calls, answers each with a list of results; `null` closes. */
const port = parentPort;
if (!port) throw new Error('this file is a worker thread');

const database = new KeyDatabase((workerData as { readonly file: string }).file);
port.on('message', (calls: readonly KeyStoreCall[] | null) => {
  if (calls) return port.postMessage(database.run(calls));
  database.close();
  port.close();
});
port.postMessage('open');
