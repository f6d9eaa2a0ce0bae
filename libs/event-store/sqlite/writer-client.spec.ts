import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Spells } from '@rolebook/spells';
import { spawnWorker } from '@rolebook/worker';
import { newEvent, newEvents, newStream } from '../contract/helpers.contract';
import { StoreUnavailable } from '../port';
import { ANY, packOutcomes, unpackRequests, type PackedRequests, type ToWriter, type WriteRequest } from './messages';
import { prepareLog } from './schema';
import { WriterClient } from './writer-client';
import type { WriterData } from './writer.worker';

const request = (events = newEvents(1)): WriteRequest => ({ stream: newStream(), expected: ANY, at: 0, events });

/** A thread that answers when it is told to. */
class ScriptedWorker extends EventEmitter {
  readonly received: ToWriter[] = [];

  postMessage(message: ToWriter): void {
    this.received.push(message);
    if (message === 'close') this.emit('exit', 0);
  }

  answer(): void {
    this.emit('message', packOutcomes(unpackRequests(this.received.at(-1) as PackedRequests).map((_, position) => ({ stored: true, revision: 0, position: position + 1, at: 0 }))));
  }

  get groups(): number[] {
    return this.received.map((message) => unpackRequests(message as PackedRequests).length);
  }
}

describe('the queue in front of the writer thread', () => {
  let worker: ScriptedWorker;
  let client: WriterClient;
  let now: number;
  const commits = jest.fn();
  const turn = () => new Promise(setImmediate);

  beforeEach(() => {
    worker = new ScriptedWorker();
    commits.mockClear();
    now = 0;
    client = new WriterClient(() => worker as unknown as Worker, commits, new Spells(() => now));
  });

  it('sends at once what is asked for in one turn, and together what is asked for meanwhile', async () => {
    const first = [client.write(request()), client.write(request())];
    await turn();
    expect(worker.groups).toEqual([2]);
    const meanwhile = [1, 2, 3].map(() => client.write(request()));
    await turn();
    expect(worker.groups).toEqual([2]);
    worker.answer();
    expect(await Promise.all(first)).toMatchObject([{ position: 1 }, { position: 2 }]);
    await turn();
    expect(worker.groups).toEqual([2, 3]);
    worker.answer();
    await Promise.all(meanwhile);
    expect(commits).toHaveBeenCalledTimes(2);
  });

  it('takes those along who ask again when they are answered', async () => {
    const again = client.write(request()).then(() => client.write(request()));
    await turn();
    const meanwhile = client.write(request());
    worker.answer();
    await turn();
    expect(worker.groups).toEqual([1, 2]);
    worker.answer();
    await Promise.all([again, meanwhile]);
  });

  it('answers many callers a few in each turn of the event loop, and what they ask for next travels together', async () => {
    const answered: number[] = [];
    const callers = Array.from({ length: 40 }, async (_, n) => {
      await client.write(request());
      answered.push(n);
      now++;
      await client.write(request());
    });
    await turn();
    worker.answer();
    for (let before = 0; answered.length < 40; before = answered.length) {
      await turn();
      expect(answered.length).toBeLessThan(before + 10);
    }
    await turn();
    expect(answered).toEqual(Array.from({ length: 40 }, (_, n) => n));
    expect(worker.groups).toEqual([40, 40]);
    worker.answer();
    await Promise.all(callers);
  });

  it('answers everybody before it closes', async () => {
    const asked = Array.from({ length: 40 }, () => client.write(request()));
    await turn();
    worker.answer();
    await client.close();
    expect(await Promise.all(asked)).toHaveLength(40);
    expect(worker.received.at(-1)).toBe('close');
  });

  it('limits a group by events and by characters, but never waits for ever with a large one', async () => {
    const sizes = [600, 300, 200, 1500, 1].map((count) => client.write(request(newEvents(count))));
    const texts = [700_000, 700_000, 3_000_000].map((length) => client.write(request([newEvent({ data: 'x'.repeat(length) })])));
    for (let n = 0; n < 6; n++) {
      await turn();
      worker.answer();
    }
    await Promise.all([...sizes, ...texts]);
    expect(worker.groups).toEqual([2, 1, 1, 2, 1, 1]);
  });

  it('lets bulk and single appends have turns', async () => {
    const bulk = [1, 2].map(() => client.writeGroup([request(), request(), request()]));
    const single = [client.write(request())];
    await turn();
    single.push(client.write(request()));
    for (let n = 0; n < 4; n++) {
      worker.answer();
      await turn();
    }
    await Promise.all([...bulk, ...single]);
    expect(worker.groups.toSorted()).toEqual([1, 1, 3, 3]);
    expect(worker.groups.slice(0, 2).toSorted()).toEqual([1, 3]);
    expect(worker.groups.slice(2).toSorted()).toEqual([1, 3]);
  });

  it('fails a whole group alike, says why, and goes on with the next', async () => {
    const failed = [client.write(request()), client.write(request())];
    await turn();
    const next = client.write(request());
    worker.emit('message', { failed: 'database or disk is full' });
    expect(await Promise.allSettled(failed)).toMatchObject(Array(2).fill({ status: 'rejected', reason: { name: 'StoreUnavailable', message: 'the event log cannot be written: database or disk is full' } }));
    await turn();
    worker.answer();
    expect(await next).toMatchObject({ stored: true });
    expect(commits).toHaveBeenCalledTimes(1);
  });

  it('finishes what was asked for before it closes, and takes nothing more', async () => {
    const asked = [client.write(request()), client.writeGroup([request()])];
    const closed = client.close();
    await expect(client.write(request())).rejects.toBeInstanceOf(StoreUnavailable);
    await turn();
    worker.answer();
    await turn();
    worker.answer();
    await Promise.all([...asked, closed]);
    expect(worker.received.at(-1)).toBe('close');
  });
});

describe('a writer thread that dies', () => {
  it('fails the group it had, and the next group gets a new thread', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'writer-client-'));
    const file = join(folder, 'events.db');
    prepareLog(file, 1000);
    const threads: Worker[] = [];
    const client = new WriterClient((bell) => {
      const thread = spawnWorker(join(__dirname, 'writer.worker'), { workerData: { file, busyTimeoutMs: 1000, bell } satisfies WriterData });
      threads.push(thread);
      return thread;
    }, () => undefined);

    expect(await client.write(request())).toMatchObject({ stored: true, position: 1 });
    const before = threads[0]?.terminate();
    const lost = request();
    await expect(client.write(lost)).rejects.toMatchObject({ name: 'StoreUnavailable', message: 'the writer of the event log has stopped' });
    await before;

    const again = await client.write(lost);
    expect(again).toMatchObject({ stored: true, position: 2 });
    expect(threads).toHaveLength(2);
    await client.close();
    await rm(folder, { recursive: true });
  });
});
