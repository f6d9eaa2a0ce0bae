import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { systemClock } from '@rolebook/kernel';
import type * as Workers from '@rolebook/worker';
import { readConfig } from './config';
import { openFoundation } from './foundation';
import { allReadModels } from './read-models';
import { rebuildReadModels } from './rebuilding';

/** What a thread that makes read models runs instead of its own file. */
let mockScript: string | null = null;
jest.mock('@rolebook/worker', () => {
  const { spawnWorker } = jest.requireActual<typeof Workers>('@rolebook/worker');
  return { spawnWorker: (path: string, options: WorkerOptions) => (mockScript !== null && path.endsWith('rebuilding.worker') ? new Worker(mockScript, { eval: true }) : spawnWorker(path, options)) };
});

const ALL = allReadModels().map(({ name }) => name);

describe('read models made anew, in threads', () => {
  let data: string;
  const config = (env: Readonly<Record<string, string>> = {}) => readConfig({ ROLEBOOK_DATA: data, ...env });

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'rolebook-rebuilding-'));
    const { stores, codec } = await openFoundation(config(), systemClock);
    const event = { type: 'BusinessCreated', data: { businessId: 'b', name: 'Siam Rentals', slug: 'siam' } };
    const metadata = { businessId: 'b', actor: { type: 'system' }, commandId: 'c', requestId: null, sessionId: null, ip: null, device: null } as const;
    await stores.events.append('business-b', 'any', await codec.encode([{ id: '0190a0a0-0000-7000-8000-000000000001', event }], metadata));
    await stores.close();
  });
  afterAll(() => rmSync(data, { recursive: true }));

  /** Those that were made, and how it ended. */
  async function made(names: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const done: string[] = [];
    const reached: number[] = [];
    const ended = await rebuildReadModels(config(env), names, {
      onProgress: ({ position }) => reached.push(position),
      onDone: ({ name }) => done.push(name),
    }).then(() => 'well', (error: Error) => error.message);
    return { done: done.sort(), reached, ended };
  }

  it('are all made, each told of', async () => {
    expect(await made(ALL)).toEqual({ done: ALL.toSorted(), reached: expect.arrayContaining([1]) as number[], ended: 'well' });
  });

  it('are nothing where none is asked for', async () => {
    expect(await made([])).toEqual({ done: [], reached: [], ended: 'well' });
  });

  it('are made though one of them cannot be, which is said', async () => {
    expect(await made([...ALL, 'nothing-1'])).toEqual({ done: ALL.toSorted(), reached: expect.any(Array) as number[], ended: 'there is no read model nothing-1' });
  });

  it('say why their stores cannot be opened', async () => {
    const anotherKey = Buffer.alloc(32, 7).toString('base64');
    expect(await made(ALL, { ROLEBOOK_MASTER_KEY: anotherKey })).toEqual({ done: [], reached: [], ended: expect.stringContaining('ROLEBOOK_MASTER_KEY is the wrong key') as string });
  });

  describe('where a thread dies', () => {
    afterEach(() => { mockScript = null; });

    const opens = `const { parentPort } = require('node:worker_threads'); parentPort.postMessage('opened');`;
    it.each([
      ['before its stores are open', 'process.exit(1)', 'the thread that makes read models has stopped'],
      ['by a fault of its own', `throw new Error('out of luck')`, 'out of luck'],
      ['between being open and being asked', `${opens} process.exit(1)`, 'the thread that makes read models has stopped'],
      ['while it makes one', `${opens} parentPort.once('message', () => process.exit(1))`, 'the thread that makes read models has stopped'],
    ])('%s, that is said and nobody waits for it', async (_when, script, why) => {
      mockScript = script;
      expect(await made(ALL)).toEqual({ done: [], reached: [], ended: why });
    });
  });
});
