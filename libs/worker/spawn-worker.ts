import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker thread from a file of this repository, named without its extension:
 *
 *     spawnWorker(join(__dirname, 'writer.worker'), { workerData })
 *
 * In the build there is a `.js` and it simply runs. Where the sources run as they are
 * (Jest), a worker has no transformer of its own, so a bootstrap compiles its TypeScript
 * on the way in; that bootstrap is no part of the build.
 */
export function spawnWorker(path: string, options: WorkerOptions = {}): Worker {
  const built = `${path}.js`;
  if (existsSync(built)) return new Worker(built, options);

  const source = `${path}.ts`;
  if (!existsSync(source)) throw new Error(`no worker at ${path}: neither a .js nor a .ts is there`);
  return new Worker(join(__dirname, 'typescript-bootstrap.cjs'), { ...options, argv: [source, ...((options.argv ?? []) as unknown[])] });
}
