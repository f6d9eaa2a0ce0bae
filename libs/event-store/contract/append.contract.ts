import { randomUUID } from 'node:crypto';
import type { EventStore, EventToAppend, ExpectedRevision } from '../port';
import { everythingAfter, newEvent, newEvents, newStream, refusalOf, type EventStoreTraits } from './helpers.contract';

/** Expected revisions, batches and the mistakes of callers. */
export function describeAppend(log: () => EventStore): void {
  it('starts a stream and gives back the place of the last event', async () => {
    const stream = newStream();
    const before = await log().head();
    const result = await log().append(stream, 'no-stream', newEvents(3));
    const stored = (await everythingAfter(log(), before)).filter((event) => event.stream === stream);
    expect(result).toEqual({ revision: 2, position: stored[2]?.position, recordedAt: stored[2]?.recordedAt });
    expect(stored.map(({ revision }) => revision)).toEqual([0, 1, 2]);
    expect(result.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await log().head()).toBe(result.position);
  });

  it.each<[ExpectedRevision, number, number | 'no-stream']>([
    [0, 0, 'no-stream'],
    [7, 0, 'no-stream'],
    ['no-stream', 1, 0],
    ['no-stream', 3, 2],
    [0, 3, 2],
    [1, 3, 2],
    [3, 3, 2],
  ])('is refused expecting %s where the stream has %i events', async (expected, length, actual) => {
    const stream = newStream();
    if (length > 0) await log().append(stream, 'no-stream', newEvents(length));
    const before = await log().head();

    const refusal = await refusalOf(log().append(stream, expected, newEvents(2)));

    expect(refusal).toMatchObject({ stream, expected });
    expect([actual, null]).toContain(refusal.actual);
    expect(await log().readStream(stream)).toHaveLength(length);
    expect(await log().head()).toBe(before);
  });

  it('goes on where the expected revision is the last', async () => {
    const stream = newStream();
    await log().append(stream, 'no-stream', newEvents(2));
    expect(await log().append(stream, 1, newEvents(3))).toMatchObject({ revision: 4 });
    expect(await log().append(stream, 4, newEvents(1))).toMatchObject({ revision: 5 });
  });

  it('checks nothing with `any`, and starts or goes on', async () => {
    const stream = newStream();
    expect(await log().append(stream, 'any', newEvents(1))).toMatchObject({ revision: 0 });
    expect(await log().append(stream, 'any', newEvents(2))).toMatchObject({ revision: 2 });
  });

  it.each<ExpectedRevision>(['no-stream', 0])('lets exactly one of 64 racing appends win that all expect %s', async (expected) => {
    const stream = newStream();
    if (expected === 0) await log().append(stream, 'no-stream', newEvents(1));
    const length = expected === 0 ? 1 : 0;
    const attempts = Array.from({ length: 64 }, () => newEvents(2));

    const outcomes = await Promise.allSettled(attempts.map((events) => log().append(stream, expected, events)));

    const winners = attempts.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'WrongExpectedRevision', stream, expected });
    const stored = await log().readStream(stream, { from: length });
    expect(stored.map(({ id }) => id)).toEqual(winners[0]?.map(({ id }) => id));
  });

  it('stores all of 64 racing appends that expect nothing', async () => {
    const stream = newStream();
    const results = await Promise.all(Array.from({ length: 64 }, () => log().append(stream, 'any', newEvents(1))));
    expect(results.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, revision) => revision));
  });

  it('is refused alone: appends made at the same moment are stored', async () => {
    const [taken, ...free] = Array.from({ length: 9 }, () => newStream()) as [string, ...string[]];
    await log().append(taken, 'no-stream', newEvents(1));
    const outcomes = await Promise.allSettled([...free.slice(0, 4), taken, ...free.slice(4)].map((stream) => log().append(stream, 'no-stream', newEvents(2))));
    expect(outcomes.map(({ status }) => status)).toEqual([...Array<string>(4).fill('fulfilled'), 'rejected', ...Array<string>(4).fill('fulfilled')]);
    for (const stream of free) expect(await log().readStream(stream)).toHaveLength(2);
    expect(await log().readStream(taken)).toHaveLength(1);
  });

  it.each<[string, string, ExpectedRevision, readonly EventToAppend[]]>([
    ['no events', newStream(), 'any', []],
    ['no stream name', '', 'any', [newEvent()]],
    ['an id that is no UUID', newStream(), 'any', [newEvent(), newEvent({ id: 'event-1' })]],
    ['an id in upper case, which would come back changed', newStream(), 'any', [newEvent({ id: randomUUID().toUpperCase() })]],
    ['the same id twice', newStream(), 'any', [newEvent({ id: '0190e5a0-0000-7000-8000-000000000001' }), newEvent({ id: '0190e5a0-0000-7000-8000-000000000001' })]],
    ['no type', newStream(), 'any', [newEvent({ type: '' })]],
    ['text that no UTF-8 can hold', newStream(), 'any', [newEvent({ data: '"\ud800"' })]],
    ['a negative revision', newStream(), -1, [newEvent()]],
    ['half a revision', newStream(), 0.5, [newEvent()]],
  ])('takes %s for a mistake of the caller and stores nothing', async (_, stream, expected, events) => {
    const before = await log().head();
    await expect(log().append(stream, expected, events)).rejects.toBeInstanceOf(RangeError);
    expect(await log().head()).toBe(before);
  });
}

/** Appending the same ids again. */
export function describeRetries(log: () => EventStore, traits: EventStoreTraits): void {
  it.each<ExpectedRevision>(['no-stream', 'any'])('gives the first result and stores nothing, expecting %s', async (expected) => {
    const stream = newStream();
    const events = newEvents(3);
    const first = await log().append(stream, expected, events);
    expect(await log().append(stream, expected, events)).toEqual(first);
    expect(await log().readStream(stream)).toHaveLength(3);
  });

  it('gives the first result though the stream has gone on, so that its expected revision is stale', async () => {
    const stream = newStream();
    await log().append(stream, 'no-stream', newEvents(1));
    const events = newEvents(2);
    const first = await log().append(stream, 0, events);
    await log().append(stream, 2, newEvents(5));
    expect(await log().append(stream, 0, events)).toEqual(first);
    expect(await log().readStream(stream)).toHaveLength(8);
  });

  it('stores once what is sent many times at the same moment', async () => {
    const stream = newStream();
    const events = newEvents(2);
    const results = await Promise.all(Array.from({ length: 16 }, () => log().append(stream, 'no-stream', events)));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(await log().readStream(stream)).toHaveLength(2);
  });

  it('keeps what was stored first: the ids decide, not the contents', async () => {
    const stream = newStream();
    const [event] = newEvents(1) as [EventToAppend];
    const first = await log().append(stream, 'no-stream', [event]);
    expect(await log().append(stream, 'no-stream', [{ ...event, data: '"other"' }])).toEqual(first);
    expect((await log().readStream(stream)).map(({ data }) => data)).toEqual([event.data]);
  });

  it('is refused where only some of the ids were stored, and stores none of the others', async () => {
    const stream = newStream();
    const events = newEvents(2);
    await log().append(stream, 'no-stream', events);
    await refusalOf(log().append(stream, 'no-stream', [...events, newEvent()]));
    await refusalOf(log().append(stream, 'no-stream', [newEvent(), ...events]));
    await refusalOf(log().append(stream, 'no-stream', [...events].reverse()));
    expect(await log().readStream(stream)).toHaveLength(2);
  });

  if (traits.embedded) {
    it('knows an id again whatever the retry expects', async () => {
      const stream = newStream();
      const events = newEvents(2);
      const first = await log().append(stream, 'no-stream', events);
      expect(await log().append(stream, 1, events)).toEqual(first);
      expect(await log().append(stream, 99, events)).toEqual(first);
    });

    it('is refused where only some of the ids were stored, though its expected revision fits', async () => {
      const stream = newStream();
      const events = newEvents(2);
      await log().append(stream, 'no-stream', events);
      const before = await log().head();
      await refusalOf(log().append(stream, 1, [newEvent(), newEvent(), ...events]));
      await refusalOf(log().append(stream, 'any', [...events, newEvent()]));
      await refusalOf(log().append(stream, 'any', [...events].reverse()));
      expect(await log().head()).toBe(before);
      expect(await log().append(stream, 1, newEvents(2))).toMatchObject({ revision: 3 });
    });

    it('is refused in another stream: an id stands in the log once', async () => {
      const events = newEvents(2);
      await log().append(newStream(), 'no-stream', events);
      const other = newStream();
      await refusalOf(log().append(other, 'any', events));
      expect(await log().readStream(other)).toEqual([]);
      expect(await log().append(other, 'no-stream', newEvents(1))).toMatchObject({ revision: 0 });
    });
  }
}
