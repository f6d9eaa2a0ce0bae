import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BACKWARDS, END, EventStoreDBClient, NO_STREAM, STREAM_EXISTS, StreamNotFoundError, WrongExpectedVersionError, eventTypeFilter, excludeSystemEvents, jsonEvent, streamNameFilter } from '@eventstore/db-client';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '.';

/** The double is as good as a server where the vendor's own client, used as its manual says, sees no difference. */
describe('the double, to the client of the vendor', () => {
  let double: EventStoreDbDouble;
  let client: EventStoreDBClient;

  beforeEach(async () => {
    double = await startEventStoreDbDouble();
    client = EventStoreDBClient.connectionString(double.url);
  });

  afterEach(async () => {
    await client.dispose();
    await double.stop();
  });

  const counted = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => jsonEvent({ type: 'Counted', data: { n: from + n }, metadata: { by: 'spec' } }));

  async function numbers(events: AsyncIterable<{ event?: { data?: unknown } }>): Promise<unknown[]> {
    const all: unknown[] = [];
    for await (const { event } of events) all.push((event?.data as { n: number }).n);
    return all;
  }

  it('appends and reads a stream, both ways and from the middle', async () => {
    const { nextExpectedRevision, position } = await client.appendToStream('counter', counted(0, 4), { expectedRevision: NO_STREAM });
    expect(nextExpectedRevision).toBe(4n);
    expect(position?.commit).toBeGreaterThan(0n);
    expect(await numbers(client.readStream('counter'))).toEqual([0, 1, 2, 3, 4]);
    expect(await numbers(client.readStream('counter', { fromRevision: 1n, maxCount: 2 }))).toEqual([1, 2]);
    expect(await numbers(client.readStream('counter', { direction: BACKWARDS, fromRevision: END, maxCount: 2 }))).toEqual([4, 3]);
  });

  it('gives events back with what they were sent with, and a moment', async () => {
    const [sent] = counted(7, 7);
    await client.appendToStream('counter', sent as NonNullable<typeof sent>);
    for await (const { event } of client.readStream('counter')) {
      expect(event).toMatchObject({ id: sent?.id, type: 'Counted', streamId: 'counter', revision: 0n, isJson: true, data: { n: 7 }, metadata: { by: 'spec' } });
      expect(Math.abs(Date.now() - (event?.created.getTime() ?? 0))).toBeLessThan(60_000);
    }
  });

  it('knows no stream that nothing was appended to', async () => {
    await expect(numbers(client.readStream('nothing'))).rejects.toBeInstanceOf(StreamNotFoundError);
    await expect(client.appendToStream('nothing', counted(0, 0), { expectedRevision: STREAM_EXISTS })).rejects.toBeInstanceOf(WrongExpectedVersionError);
  });

  it('refuses another revision than expected, and says which', async () => {
    await client.appendToStream('counter', counted(0, 2));
    await expect(client.appendToStream('counter', counted(3, 3), { expectedRevision: 1n })).rejects.toMatchObject({ type: 'wrong-expected-version', expectedVersion: 1n, actualVersion: 2n });
    await expect(client.appendToStream('counter', counted(3, 3), { expectedRevision: NO_STREAM })).rejects.toMatchObject({ actualVersion: 2n });
    await expect(client.appendToStream('other', counted(3, 3), { expectedRevision: 0n })).rejects.toMatchObject({ actualVersion: 'no_stream' });
  });

  it('knows an append again by its ids, and refuses one that is known in part', async () => {
    const events = counted(0, 1);
    const first = await client.appendToStream('counter', events, { expectedRevision: NO_STREAM });
    await client.appendToStream('counter', counted(2, 2));
    expect(await client.appendToStream('counter', events, { expectedRevision: NO_STREAM })).toEqual(first);
    expect(await client.appendToStream('counter', events)).toEqual(first);
    await expect(client.appendToStream('counter', [...events, ...counted(9, 9)])).rejects.toBeInstanceOf(WrongExpectedVersionError);
    expect(await numbers(client.readStream('counter'))).toEqual([0, 1, 2]);
  });

  it('puts all streams, and events of its own, in one order', async () => {
    await client.appendToStream('a', counted(0, 1));
    await client.appendToStream('b', counted(2, 2));
    await client.appendToStream('a', counted(3, 3));
    const all = [];
    for await (const { event } of client.readAll()) if (event) all.push(event);
    expect(all.filter(({ type }) => type === 'Counted').map(({ data }) => (data as { n: number }).n)).toEqual([0, 1, 2, 3]);
    expect(all.filter(({ type, streamId }) => type.startsWith('$') || streamId.startsWith('$'))).toHaveLength(4);
    const positions = all.map(({ position }) => position.commit);
    expect(positions).toEqual([...new Set(positions)].sort((x, y) => Number(x - y)));
    const backwards = [];
    for await (const { event } of client.readAll({ direction: BACKWARDS, fromPosition: END })) backwards.push(event?.id);
    expect(backwards.reverse()).toEqual(all.map(({ id }) => id));
  });

  it.each([
    ['types without $', excludeSystemEvents({ checkpointInterval: 1, maxSearchWindow: 2 }), ['counter-1', 'counter-2', 'other']],
    ['type prefixes', eventTypeFilter({ prefixes: ['Count'], checkpointInterval: 1, maxSearchWindow: 2 }), ['counter-1', 'counter-2', 'other']],
    ['stream prefixes', streamNameFilter({ prefixes: ['counter-'], checkpointInterval: 1, maxSearchWindow: 2 }), ['counter-1', 'counter-2']],
    ['stream patterns', streamNameFilter({ regex: '^[^c]ther$', checkpointInterval: 1, maxSearchWindow: 2 }), ['other']],
  ])('subscribes by %s: catches up, says so and how far it is, and follows', async (_, filter, expected) => {
    const checkpoints: bigint[] = [];
    await client.appendToStream('counter-1', counted(0, 1));
    const caughtUp = jest.fn();
    const subscription = client.subscribeToAll({
      filter: { ...filter, checkpointReached: async (_subscription, { commit }) => void checkpoints.push(commit) },
    });
    subscription.on('caughtUp', caughtUp);
    const streams = new Set<string>();
    const done = new Promise<void>((resolve) => {
      subscription.on('data', ({ event }) => {
        if (event?.type === 'Counted') streams.add(event.streamId);
        if (streams.size === expected.length) resolve();
      });
    });
    await client.appendToStream('counter-2', counted(2, 2));
    await client.appendToStream('other', counted(3, 3));
    await done;
    await subscription.unsubscribe();
    expect([...streams]).toEqual(expected);
    expect(caughtUp).toHaveBeenCalledTimes(1);
    expect(checkpoints.length).toBeGreaterThan(0);
    expect(checkpoints).toEqual([...checkpoints].sort((x, y) => Number(x - y)));
  });

  it('subscribes to one stream, after a revision', async () => {
    await client.appendToStream('counter', counted(0, 2));
    const subscription = client.subscribeToStream('counter', { fromRevision: 1n });
    const received: unknown[] = [];
    const done = new Promise<void>((resolve) => subscription.on('data', ({ event }) => (received.push(event?.data), received.length === 2 && resolve())));
    await client.appendToStream('counter', counted(3, 3));
    await done;
    await subscription.unsubscribe();
    expect(received).toEqual([{ n: 2 }, { n: 3 }]);
  });

  it('keeps metadata of streams', async () => {
    await client.setStreamMetadata('counter', { maxCount: 100, owner: 'spec' });
    expect((await client.getStreamMetadata('counter')).metadata).toEqual({ maxCount: 100, owner: 'spec' });
    expect((await client.getStreamMetadata('other')).metadata).toBeUndefined();
  });

  it('is found through gossip', async () => {
    const cluster = EventStoreDBClient.connectionString(double.url.replace('esdb:', 'esdb+discover:'));
    await cluster.appendToStream('counter', counted(0, 0));
    expect(await numbers(cluster.readStream('counter'))).toEqual([0]);
    await cluster.dispose();
  });

  it('goes on with its file when it is started again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'double-'));
    const file = join(folder, 'log.ndjson');
    const first = await startEventStoreDbDouble({ file });
    const before = EventStoreDBClient.connectionString(first.url);
    const { position } = await before.appendToStream('counter', counted(0, 1));
    await before.dispose();
    await first.stop();

    const second = await startEventStoreDbDouble({ file });
    const after = EventStoreDBClient.connectionString(second.url);
    const more = await after.appendToStream('counter', counted(2, 2), { expectedRevision: 1n });
    expect(more.position?.commit).toBeGreaterThan(position?.commit ?? 0n);
    expect(await numbers(after.readStream('counter'))).toEqual([0, 1, 2]);
    await after.dispose();
    await second.stop();
    rmSync(folder, { recursive: true });
  });
});
