import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import fc from 'fast-check';
import { startEventStoreDbDouble, type DoubleOptions, type EventStoreDbDouble, type FaultKind } from '../../../test/eventstoredb-double';
import { Collector, deferred, everythingAfter, newEvent, newEvents, newStream } from '../contract/helpers.contract';
import { StoreUnavailable, WrongExpectedRevision, type EventStore } from '../port';
import { openEventStoreDb } from '.';

/** Patience short enough for tests, long enough for a busy machine. */
const PATIENCE = { attemptMs: 1_000, totalMs: 15_000, watchdogMs: 30 };
const HASTE = { attemptMs: 60, totalMs: 150, watchdogMs: 30 };

let double: EventStoreDbDouble;
let store: EventStore;
const open: EventStore[] = [];

async function start(options: DoubleOptions = {}): Promise<void> {
  double = await startEventStoreDbDouble(options);
  store = await connect();
}

async function connect(patience: Partial<typeof PATIENCE> = {}, url = double.url): Promise<EventStore> {
  const opened = await openEventStoreDb({ url, ...PATIENCE, ...patience });
  open.push(opened);
  return opened;
}

afterEach(async () => {
  await double.faults.comeBack();
  double.faults.clear();
  await Promise.all(open.splice(0).map((opened) => opened.close()));
  await double.stop();
});

const refusal = (of: Promise<unknown>): Promise<unknown> => of.then(() => 'succeeded', (reason: unknown) => reason);

describe('an append, when the server fails', () => {
  beforeEach(() => start());

  it.each<[FaultKind, string]>([
    ['unavailable', 'is not ready'],
    ['not-leader', 'is not the leader, and names it'],
    ['no-leader', 'has no leader'],
    ['hang', 'does not answer'],
    ['lost', 'stored it and fails to say so'],
    ['timeout', 'stored it and reports a timeout'],
    ['lost-in-silence', 'stored it and does not answer'],
  ])('%s: where the server %s, it is sent again and stored once', async (fault) => {
    const [stream, events] = [newStream(), newEvents(3)];
    double.faults.next('append', fault);
    const result = await store.append(stream, 'no-stream', events);
    const stored = await everythingAfter(store, 0);
    expect(stored.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(result).toMatchObject({ revision: 2, position: stored[2]?.position, recordedAt: stored[2]?.recordedAt });
    expect(double.faults.calls('append')).toBe(2);
  });

  it('is a success where the conflict is with itself: stored, the answer lost, the ids forgotten', async () => {
    const [stream, events] = [newStream(), newEvents(2)];
    await store.append(stream, 'no-stream', newEvents(1));
    double.faults.next('append', 'lost');
    double.faults.next('append', 'forgotten');
    const result = await store.append(stream, 0, events);
    expect(result.revision).toBe(2);
    expect((await store.readStream(stream, { from: 1 })).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('is a conflict where others wrote there, and says where the stream is', async () => {
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(5));
    double.faults.next('append', 'forgotten');
    expect(await refusal(store.append(stream, 1, newEvents(2)))).toEqual(new WrongExpectedRevision(stream, 1, 4));
  });

  it.each<FaultKind>(['unavailable', 'no-leader', 'hang'])('%s for too long: the store is unavailable, to be asked again in a second, and nothing is stored', async (fault) => {
    const hasty = await connect(HASTE);
    double.faults.next('append', fault, Infinity);
    const reason = await refusal(hasty.append(newStream(), 'no-stream', newEvents(1)));
    expect(reason).toBeInstanceOf(StoreUnavailable);
    expect(reason).toMatchObject({ retryAfterSeconds: 1 });
    expect(await store.head()).toBe(0);
  });

  it.each<FaultKind>(['lost', 'lost-in-silence'])('%s for too long: the outcome is unknown, and the same ids make it known', async (fault) => {
    const [stream, events] = [newStream(), newEvents(2)];
    const hasty = await connect(HASTE);
    double.faults.next('append', fault, Infinity);
    expect(await refusal(hasty.append(stream, 'no-stream', events))).toBeInstanceOf(StoreUnavailable);
    double.faults.clear();
    expect(await store.append(stream, 'no-stream', events)).toMatchObject({ revision: 1 });
    expect(await store.readStream(stream)).toHaveLength(2);
  });

  it('is refused at once where access is denied', async () => {
    double.faults.next('append', 'access-denied', Infinity);
    expect(await refusal(store.append(newStream(), 'any', newEvents(1)))).toMatchObject({ name: 'EventStoreRefused', reason: 'access-denied' });
    expect(double.faults.calls('append')).toBe(1);
    expect(await store.head()).toBe(0);
  });

  it('is refused at once where it is larger than the server takes', async () => {
    const large = newEvent({ data: JSON.stringify('x'.repeat(1_048_576)) });
    expect(await refusal(store.append(newStream(), 'any', [large]))).toMatchObject({ name: 'EventStoreRefused', reason: 'too-large' });
    expect(double.faults.calls('append')).toBe(1);
  });

  it('leaves names that begin with $ to the server, which would pass such events over', async () => {
    expect(await refusal(store.append('$mine', 'any', newEvents(1)))).toBeInstanceOf(RangeError);
    expect(await refusal(store.append(newStream(), 'any', [newEvent({ type: '$Mine' })]))).toBeInstanceOf(RangeError);
  });
});

describe('connections', () => {
  beforeEach(() => start());

  it('cut under way: all appends are stored once', async () => {
    const stream = newStream();
    const batches = Array.from({ length: 40 }, () => newEvents(2));
    const appends = batches.map((events) => store.append(stream, 'any', events));
    for (let cuts = 0; cuts < 5; cuts++) {
      double.faults.dropConnections();
      await new Promise(setImmediate);
    }
    const results = await Promise.all(appends);
    const stored = await store.readStream(stream);
    expect(stored).toHaveLength(80);
    for (const [index, events] of batches.entries()) expect(stored[results[index]?.revision ?? -1]?.id).toBe(events[1]?.id);
  });

  it('forgotten by the network, though not closed: a new one is made', async () => {
    const stream = newStream();
    await store.append(stream, 'no-stream', newEvents(1));
    double.faults.forgetConnections();
    expect(await store.append(stream, 0, newEvents(1))).toMatchObject({ revision: 1 });
    expect(await store.readStream(stream)).toHaveLength(2);
  });

  it('refused: the store is unavailable, and works again when the server is back', async () => {
    const hasty = await connect(HASTE);
    await double.faults.goAway();
    for (const use of [hasty.append(newStream(), 'any', newEvents(1)), hasty.readStream(newStream()), hasty.readAll({ after: 0, limit: 1 }), hasty.head(), hasty.ping()]) {
      expect(await refusal(use)).toBeInstanceOf(StoreUnavailable);
    }
    await double.faults.comeBack();
    expect(await store.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ revision: 0 });
    // The same client again. It gives up early, and a busy machine may need more than one of its attempts.
    let back: unknown;
    for (let asked = 0; asked < 100 && back !== 'succeeded'; asked++) back = await refusal(hasty.ping());
    expect(back).toBe('succeeded');
  });

  it('to a cluster are made through its gossip', async () => {
    const clustered = await connect({}, double.url.replace('?', `,127.0.0.1:${double.port}?`));
    expect(await clustered.append(newStream(), 'no-stream', newEvents(1))).toMatchObject({ revision: 0 });
  });

  it('to a cluster in which nobody answers are given up in time', async () => {
    const hasty = await connect(HASTE, 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=3');
    expect(await refusal(hasty.append(newStream(), 'any', newEvents(1)))).toBeInstanceOf(StoreUnavailable);
  });

  it('need a connection string', async () => {
    await expect(openEventStoreDb({ url: 'http://127.0.0.1:2113' })).rejects.toThrow(/esdb:\/\//);
  });
});

describe('a read, when the server fails', () => {
  beforeEach(() => start());

  it('that does not answer: is asked again', async () => {
    await store.append('quiet', 'no-stream', newEvents(2));
    double.faults.next('read', 'hang');
    expect(await store.readStream('quiet')).toHaveLength(2);
  });

  it.each<FaultKind>(['unavailable', 'not-leader', 'no-leader'])('%s: is asked again', async (fault) => {
    const stream = newStream();
    const { position } = await store.append(stream, 'no-stream', newEvents(2));
    double.faults.next('read', fault);
    expect(await store.readStream(stream)).toHaveLength(2);
    double.faults.next('read', fault);
    expect(await store.readAll({ after: 0, limit: 10 })).toHaveLength(2);
    double.faults.next('read', fault);
    expect(await store.head()).toBe(position);
  });

  it('is refused where access is denied, while a ping is told that the store is unavailable', async () => {
    double.faults.next('read', 'access-denied', Infinity);
    expect(await refusal(store.head())).toMatchObject({ name: 'EventStoreRefused', reason: 'access-denied' });
    expect(await refusal(store.ping())).toBeInstanceOf(StoreUnavailable);
  });

  it('may take its time', async () => {
    double.faults.delay(50);
    await store.append(newStream(), 'no-stream', newEvents(1));
    expect(await store.readAll({ after: 0, limit: 10 })).toHaveLength(1);
  });
});

describe('a subscription, when the server fails', () => {
  beforeEach(() => start());

  const append = (count = 1) => store.append(newStream(), 'no-stream', newEvents(count));

  it.each<[string, () => void | Promise<void>]>([
    ['is cut off', () => double.faults.dropConnections()],
    ['is ended by the server', () => double.faults.endSubscriptions()],
    ['falls silent, its connection alive', () => double.faults.silenceSubscriptions()],
    ['falls silent with its connection', () => double.faults.forgetConnections()],
    ['meets a server that is away for a while', async () => {
      await double.faults.goAway();
      await double.faults.comeBack();
    }],
  ])('goes on without gap or repeat where it %s', async (_, fail) => {
    await append(3);
    const collector = await Collector.on(store, 0);
    await collector.until({ count: 3 });
    for (let round = 1; round <= 2; round++) {
      await fail();
      await append(2);
      await collector.until({ count: 3 + 2 * round });
    }
    expect(collector.events).toEqual(await everythingAfter(store, 0));
  });

  it.each<FaultKind>(['unavailable', 'no-leader', 'not-leader'])('%s: is made again until it holds', async (fault) => {
    double.faults.next('subscribe', fault, 3);
    const unwatched = await connect({ watchdogMs: 60_000 });
    const collector = await Collector.on(unwatched, 0);
    await append(2);
    await collector.until({ count: 2 });
    expect(double.faults.calls('subscribe')).toBe(4);
  });

  it('ends where access is denied, and says so', async () => {
    double.faults.next('subscribe', 'access-denied');
    const end = deferred<Error>();
    await store.subscribe({ after: 0, onEvents: () => undefined, onEnd: end.resolve });
    expect(await end.promise).toMatchObject({ name: 'EventStoreRefused', reason: 'access-denied' });
  });

  it('is left alone while its subscriber is slow, and while there is nothing to hear', async () => {
    const gate = deferred();
    const collector = await Collector.on(store, 0, () => gate.promise);
    await append();
    await collector.until({ count: 1 });
    const before = double.faults.calls('subscribe');
    await append(5);
    // Many looks of the watchdog, each of which asks for the head.
    const looks = double.faults.calls('read');
    while (double.faults.calls('read') < looks + 6) await new Promise((resolve) => setTimeout(resolve, 10));
    gate.resolve();
    await collector.until({ count: 6 });
    const later = double.faults.calls('read');
    while (double.faults.calls('read') < later + 6) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(double.faults.calls('subscribe')).toBe(before);
  });
});

describe('events of the server itself', () => {
  beforeEach(() => start());

  it('are passed over, by type and by stream, however many there are', async () => {
    const { position } = await store.append(newStream(), 'no-stream', newEvents(2));
    const vendor = EventStoreDBClient.connectionString(double.url);
    const own = (type: string, count: number) => Array.from({ length: count }, () => jsonEvent({ type, data: {} }));
    await vendor.appendToStream('$projections-sums-result', own('Result', 1_050));
    await vendor.appendToStream('links', own('$>', 20));
    await vendor.dispose();
    expect(await store.head()).toBe(position);
    const collector = await Collector.on(store, 0);
    await store.append(newStream(), 'no-stream', newEvents(1));
    await collector.until({ count: 3 });
    expect(collector.events.map(({ type }) => type)).toEqual(Array(3).fill('SomethingHappened'));
    expect(await store.readAll({ after: 0, limit: 10 })).toEqual(collector.events);
    expect(await store.readAll({ after: position, limit: 10 })).toEqual(collector.events.slice(2));
  });

  it('are no events: a log without others is empty', async () => {
    expect(await store.head()).toBe(0);
    expect(await store.readAll({ after: 0, limit: 10 })).toEqual([]);
  });
});

describe('when the clock of the server goes back', () => {
  let time = Date.parse('2026-11-24T10:00:00.000Z');

  beforeEach(async () => {
    await start({ now: () => time });
    for (const second of [10, 20, 5, 6, 30]) {
      time = Date.parse('2026-11-24T10:00:00.000Z') + second * 1000;
      await store.append('clock', 'any', newEvents(1));
    }
  });

  const risen = [10, 20, 20, 20, 30].map((second) => `2026-11-24T10:00:${second}.000Z`);

  it('no result goes back with it', async () => {
    expect((await store.readAll({ after: 0, limit: 10 })).map(({ recordedAt }) => recordedAt)).toEqual(risen);
    expect((await store.readStream('clock')).map(({ recordedAt }) => recordedAt)).toEqual(risen);
    expect((await store.readStream('clock', { direction: 'backwards' })).map(({ recordedAt }) => recordedAt)).toEqual([...risen].reverse());
  });

  it('no chain of pages goes back with it', async () => {
    const recorded: string[] = [];
    for (let after = 0; recorded.length < 5; ) {
      const [event] = await store.readAll({ after, limit: 1 });
      recorded.push(event?.recordedAt ?? 'missing');
      after = event?.position ?? 0;
    }
    expect(recorded).toEqual(risen);
  });

  it('no subscription goes back with it, nor one that starts in the middle', async () => {
    const [, second] = await store.readAll({ after: 0, limit: 2 });
    const other = await connect();
    const [whole, half] = [await Collector.on(store, 0), await Collector.on(other, second?.position ?? 0)];
    await Promise.all([whole.until({ count: 5 }), half.until({ count: 3 })]);
    expect(whole.events.map(({ recordedAt }) => recordedAt)).toEqual(risen);
    expect(half.events.map(({ recordedAt }) => recordedAt)).toEqual(risen.slice(2));
  });
});

describe('whatever fails, in whatever order', () => {
  const faults: FaultKind[] = ['unavailable', 'not-leader', 'no-leader', 'lost', 'timeout', 'forgotten'];

  it('a writer that expects its last revision stores each event once, in order', async () => {
    await start();
    const step = fc.record({ size: fc.integer({ min: 1, max: 3 }), onAppend: fc.array(fc.constantFrom(...faults), { maxLength: 2 }), onRead: fc.subarray(['unavailable', 'no-leader'] as const), cut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const stream = newStream();
        const written: string[] = [];
        for (const { size, onAppend, onRead, cut } of steps) {
          const events = newEvents(size);
          const expected = written.length === 0 ? 'no-stream' : written.length - 1;
          // A server forgets ids only of what was stored.
          for (const fault of onAppend) if (fault !== 'forgotten' || onAppend[0] === 'lost') double.faults.next('append', fault);
          for (const fault of onRead) double.faults.next('read', fault);
          const append = store.append(stream, expected, events);
          if (cut) double.faults.dropConnections();
          expect(await append).toMatchObject({ revision: written.length + size - 1 });
          written.push(...events.map(({ id }) => id));
          double.faults.clear();
        }
        expect((await store.readStream(stream)).map(({ id }) => id)).toEqual(written);
      }),
      { numRuns: 20 },
    );
  });
});
