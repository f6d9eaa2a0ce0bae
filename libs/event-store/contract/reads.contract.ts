import type { EventStore } from '../port';
import { everythingAfter, newEvent, newEvents, newStream } from './helpers.contract';

/** One stream, both ways, byte for byte. */
export function describeReadStream(log: () => EventStore): void {
  const revisions = async (stream: string, options: Parameters<EventStore['readStream']>[1]) => (await log().readStream(stream, options)).map(({ revision }) => revision);

  it('gives back each event whole', async () => {
    const stream = newStream();
    const events = [newEvent({ type: 'UserInvited', data: '{"to":"a@example.com"}', metadata: '{"actor":{"type":"system"}}' }), newEvent()];
    const { recordedAt } = await log().append(stream, 'no-stream', events);
    expect(await log().readStream(stream)).toEqual(events.map((event, revision) => ({ ...event, stream, revision, recordedAt })));
  });

  it('reads forwards and backwards, from anywhere, as far as asked', async () => {
    const stream = newStream();
    await log().append(stream, 'no-stream', newEvents(6));
    expect(await revisions(stream, {})).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await revisions(stream, { from: 4 })).toEqual([4, 5]);
    expect(await revisions(stream, { from: 1, limit: 3 })).toEqual([1, 2, 3]);
    expect(await revisions(stream, { from: 6 })).toEqual([]);
    expect(await revisions(stream, { direction: 'backwards' })).toEqual([5, 4, 3, 2, 1, 0]);
    expect(await revisions(stream, { direction: 'backwards', limit: 1 })).toEqual([5]);
    expect(await revisions(stream, { direction: 'backwards', from: 2 })).toEqual([2, 1, 0]);
    expect(await revisions(stream, { direction: 'backwards', from: 4, limit: 2 })).toEqual([4, 3]);
    expect(await revisions(stream, { direction: 'backwards', from: 99, limit: 2 })).toEqual([5, 4]);
    expect(await revisions(stream, { limit: 0 })).toEqual([]);
  });

  it('reads streams of thousands of events whole, both ways', async () => {
    const stream = newStream();
    await log().append(stream, 'no-stream', newEvents(2500));
    const all = Array.from({ length: 2500 }, (_, revision) => revision);
    expect(await revisions(stream, {})).toEqual(all);
    expect(await revisions(stream, { direction: 'backwards' })).toEqual([...all].reverse());
    expect(await revisions(stream, { from: 400, limit: 2000 })).toEqual(all.slice(400, 2400));
  });

  it('has nothing of a stream that does not exist', async () => {
    expect(await log().readStream(newStream())).toEqual([]);
    expect(await log().readStream(newStream(), { from: 3, direction: 'backwards' })).toEqual([]);
  });

  it.each([{ from: -1 }, { from: 0.5 }, { limit: -1 }, { limit: Number.NaN }])('takes %j for a mistake of the caller', async (options) => {
    await expect(log().readStream(newStream(), options)).rejects.toBeInstanceOf(RangeError);
  });

  it.each([
    ['spaces, repeated keys and number forms', '{ "b": 1.0,\t"b":1e2, "a":-0 }'],
    ['many scripts', JSON.stringify({ name: 'สมหญิง 東京 Ñandú 👩‍🔧 \u202e\u0000\u2028' })],
    ['characters outside the first plane, escaped and not', '"\\ud83d\\ude00😀"'],
    ['a megabyte of text in one byte each', JSON.stringify('x'.repeat(1_000_000))],
    ['a megabyte of text in three bytes each', JSON.stringify('ก'.repeat(350_000))],
    ['nothing', ''],
  ])('gives data and metadata back as they came: %s', async (_, text) => {
    const stream = newStream();
    await log().append(stream, 'no-stream', [newEvent({ data: text, metadata: text })]);
    const [stored] = await log().readStream(stream);
    expect(stored?.data === text && stored.metadata === text).toBe(true);
  });

  it('tells streams apart by every character of their names', async () => {
    const names = ['a', 'A', 'é', 'e\u0301', 'ผู้ใช้-1', 'a b', 'a/b', 'a%', 'a_', "a'b", 'a"b', 'a\nb', 'a\u0000b', '__proto__', 'constructor', '👩‍🔧', 'x'.repeat(300)].map((name) => `${newStream()}-${name}`);
    for (const name of names) await log().append(name, 'no-stream', [newEvent({ data: JSON.stringify(name) })]);
    for (const name of names) expect(await log().readStream(name)).toMatchObject([{ stream: name, data: JSON.stringify(name) }]);
  });
}

/** The log as a whole. */
export function describeReadAll(log: () => EventStore): void {
  it('gives events of all streams in commit order, each with its position', async () => {
    const before = await log().head();
    const [a, b] = [newStream('a'), newStream('b')];
    const results = [await log().append(a, 'no-stream', newEvents(2)), await log().append(b, 'no-stream', newEvents(1)), await log().append(a, 1, newEvents(2))];
    const all = await log().readAll({ after: before, limit: 100 });
    expect(all.map(({ stream, revision }) => [stream, revision])).toEqual([[a, 0], [a, 1], [b, 0], [a, 2], [a, 3]]);
    expect([1, 2, 4].map((index) => all[index]?.position)).toEqual(results.map(({ position }) => position));
    expect(all.map(({ position }) => position)).toEqual([...new Set(all.map(({ position }) => position))].sort((x, y) => x - y));
    expect(all.every(({ position }) => Number.isSafeInteger(position) && position >= 1)).toBe(true);
  });

  it('goes on after any position, as far as asked, and ends empty', async () => {
    const before = await log().head();
    await log().append(newStream(), 'no-stream', newEvents(5));
    const all = await log().readAll({ after: before, limit: 100 });
    expect(all).toHaveLength(5);
    for (const [index, { position }] of all.entries()) {
      expect(await log().readAll({ after: position, limit: 100 })).toEqual(all.slice(index + 1));
      expect(await log().readAll({ after: position, limit: 2 })).toEqual(all.slice(index + 1, index + 3));
    }
    expect(await log().readAll({ after: before, limit: 0 })).toEqual([]);
  });

  it('gives those of some types, and passes the others over', async () => {
    const before = await log().head();
    const types = ['Wanted', 'Other', 'Other', 'WantedToo', 'Other', 'Wanted'];
    await log().append(newStream(), 'no-stream', types.map((type) => newEvent({ type })));
    const all = await log().readAll({ after: before, limit: 100 });
    const wanted = all.filter(({ type }) => type !== 'Other');
    const some = { after: before, types: new Set(['Wanted', 'WantedToo', 'NeverHeardOf']) };
    expect(await log().readAll({ ...some, limit: 100 })).toEqual(wanted);
    expect(await log().readAll({ ...some, limit: 2 })).toEqual(wanted.slice(0, 2));
    expect(await log().readAll({ ...some, after: wanted[1]!.position, limit: 2 })).toEqual(wanted.slice(2));
    expect(await log().readAll({ ...some, after: all.at(-1)!.position, limit: 2 })).toEqual([]);
    expect(await log().readAll({ ...some, types: new Set(), limit: 2 })).toEqual([]);
  });

  it('finds some types among thousands of events', async () => {
    const before = await log().head();
    const stream = newStream();
    await log().append(stream, 'no-stream', newEvents(2500));
    await log().append(stream, 2499, [newEvent({ type: 'Rare' })]);
    expect(await log().readAll({ after: before, limit: 10, types: new Set(['Rare']) })).toMatchObject([{ stream, revision: 2500, type: 'Rare' }]);
  });

  it('finds events by their positions, in the order asked for', async () => {
    const before = await log().head();
    for (const count of [1, 30, 4]) await log().append(newStream(), 'no-stream', newEvents(count));
    const all = (await log().readAll({ after: before, limit: 100 })).map(({ recordedAt: _, ...event }) => event);
    const found = async (positions: readonly number[]) => (await log().readAt(positions)).map(({ recordedAt: _, ...event }) => event);
    expect(await found(all.map(({ position }) => position))).toEqual(all);
    expect(await found([all[33]!, all[0]!, all[7]!].map(({ position }) => position))).toEqual([all[33], all[0], all[7]]);
    expect(await found([])).toEqual([]);
    await expect(log().readAt([-1])).rejects.toBeInstanceOf(RangeError);
  });

  it.each([{ after: -1, limit: 1 }, { after: 0.5, limit: 1 }, { after: 0, limit: -1 }])('takes %j for a mistake of the caller', async (options) => {
    await expect(log().readAll(options)).rejects.toBeInstanceOf(RangeError);
  });

  it('shows an append as soon as it is acknowledged, and never before a part of it', async () => {
    const before = await log().head();
    const streams = Array.from({ length: 20 }, () => newStream());
    let open = streams.length;
    const appends = streams.map(async (stream) => {
      const { position } = await log().append(stream, 'no-stream', newEvents(3));
      expect(await log().head()).toBeGreaterThanOrEqual(position);
      open--;
    });
    while (open > 0) {
      const seen = await everythingAfter(log(), before);
      for (const stream of streams) expect([0, 3]).toContain(seen.filter((event) => event.stream === stream).length);
      await new Promise(setImmediate);
    }
    await Promise.all(appends);
  });

  it('answers a ping', async () => {
    await expect(log().ping()).resolves.toBeUndefined();
  });
}
