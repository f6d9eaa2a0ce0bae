import { parentPort, workerData } from 'node:worker_threads';
import { OperationalDatabase, type Change } from './operational-database';

/** What the thread answers to a group of changes; `null` once the database is closed. */
export type Outcome = { readonly made: readonly boolean[] } | { readonly failure: string } | null;

const database = new OperationalDatabase((workerData as { readonly file: string }).file);

parentPort?.on('message', (group: readonly Change[] | null) => {
  if (group !== null) return parentPort?.postMessage(apply(group));
  database.close();
  parentPort?.postMessage(null);
});

function apply(group: readonly Change[]): Outcome {
  try {
    return { made: database.apply(group) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
