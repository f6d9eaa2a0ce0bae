import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnWorker } from '@rolebook/worker';

describe('spawnWorker', () => {
  const source = join(__dirname, 'greeter.worker');

  it('runs a worker from TypeScript: imports, @rolebook, decorators, workerData and arguments as given', async () => {
    const worker = spawnWorker(source, { workerData: { shard: 3 }, argv: ['--loud'] });
    worker.postMessage('Ada');
    expect(await once(worker, 'message')).toEqual([
      { greeting: 'hello Ada!', workerData: { shard: 3 }, arguments: ['--loud'], alias: 'function' },
    ]);
    await worker.terminate();
  });

  it('names the TypeScript line when the worker fails', async () => {
    const worker = spawnWorker(source);
    worker.postMessage('fail');
    const [error] = (await once(worker, 'error').catch((failure: unknown) => [failure])) as [Error];
    expect(error.message).toBe('asked to fail');
    expect(error.stack).toContain('greeter.worker.ts:13:');
  });

  it('takes the built .js where there is one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolebook-worker-'));
    writeFileSync(join(folder, 'built.worker.js'), `require('node:worker_threads').parentPort.postMessage('built')`);
    const worker = spawnWorker(join(folder, 'built.worker'));
    expect(await once(worker, 'message')).toEqual(['built']);
    await worker.terminate();
    rmSync(folder, { recursive: true });
  });

  it('says so when there is nothing to run', () => {
    expect(() => spawnWorker(join(__dirname, 'nobody'))).toThrow(/no worker at .*nobody/);
  });
});
