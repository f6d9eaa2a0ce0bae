import { StoreUnavailable, type EventStore } from '@rolebook/event-store';
import { DomainError, type DomainEvent, type EventDefinitions } from '@rolebook/kernel';
import { shapesOf } from '@rolebook/kernel/spec-helpers';
import { contextOf, inMemoryWorld } from './spec-helpers';
import { Streams, type StreamKind } from './streams';

type Added = DomainEvent<'Added', { userId: string; item: string }>;
type Cleared = DomainEvent<'Cleared', { userId: string }>;
type Event = Added | Cleared;

const definitions: EventDefinitions<Event> = {
  Added: { action: 'basket.added', user: 'userId', sealed: { item: '' }, changes: () => [] },
  Cleared: { action: 'basket.cleared', user: 'userId', sealed: {}, changes: () => [] },
};

/** What is in a basket, in order. */
const basket: StreamKind<readonly string[], Event> = {
  kind: 'basket',
  initialState: [],
  evolve: (items, { type, data }) => (type === 'Added' ? [...items, data.item] : []),
};
/** The same stream, counted. */
const counter: StreamKind<number, Event> = { kind: 'counter', initialState: 0, evolve: (count) => count + 1 };

const STREAM = 'basket-b1-anna';
const added = (item: string): Added => ({ type: 'Added', data: { userId: 'anna', item } });
const cleared: Cleared = { type: 'Cleared', data: { userId: 'anna' } };
const add = (item: string) => (): readonly Event[] => [added(item)];
/** Refuses a third item. */
const addUpToTwo = (item: string) => (items: readonly string[]): readonly Event[] => {
  if (items.length >= 2) throw new DomainError('full', 'The basket is full.');
  return [added(item)];
};

const world = () => inMemoryWorld([{ definitions }]);
const typesIn = async ({ store }: ReturnType<typeof world>, stream = STREAM) => (await store.readStream(stream)).map(({ type }) => type);

/** Stands between a node and the log, and lets somebody else be faster. */
function overtaken(beforeAppend: () => Promise<unknown>): (store: EventStore) => EventStore {
  return (store) => Object.assign(Object.create(store) as EventStore, {
    append: async (...args: Parameters<EventStore['append']>) => {
      await beforeAppend();
      return store.append(...args);
    },
  });
}

describe('carrying out a command on a stream', () => {
  it('decides on the state, appends what was decided, and answers with the state after it', async () => {
    const { streams, store } = world();

    const outcome = await streams.execute(basket, STREAM, contextOf(), (items, revision) => {
      expect({ items, revision }).toEqual({ items: [], revision: -1 });
      return [added('rope'), added('hook')];
    });

    expect(outcome).toEqual({ state: ['rope', 'hook'], revision: 1, events: [added('rope'), added('hook')], eventIds: [expect.any(String), expect.any(String)] });
    expect((await store.readStream(STREAM)).map(({ id, type, revision }) => ({ id, type, revision }))).toEqual([
      { id: outcome.eventIds[0], type: 'Added', revision: 0 }, { id: outcome.eventIds[1], type: 'Added', revision: 1 },
    ]);
  });

  it('tells the context what it brought about, and how far', async () => {
    const { streams } = world();
    const context = contextOf();

    const { eventIds } = await streams.execute(basket, STREAM, context, add('rope'));
    await streams.record('basket-b1-bob', context, [cleared]);

    expect(context.effects).toEqual([
      { stream: STREAM, eventId: eventIds[0], event: added('rope') },
      { stream: 'basket-b1-bob', eventId: expect.any(String), event: cleared },
    ]);
    expect(context.position).toBe(2);
  });

  it('appends nothing where nothing was decided, and nothing where it was refused', async () => {
    const one = world();
    await one.streams.execute(basket, STREAM, contextOf(), () => [added('rope'), added('hook')]);

    expect(await one.streams.execute(basket, STREAM, contextOf({ commandId: 'c2' }), () => [])).toEqual({ state: ['rope', 'hook'], revision: 1, events: [], eventIds: [] });
    await expect(one.streams.execute(basket, STREAM, contextOf({ commandId: 'c3' }), addUpToTwo('bolt'))).rejects.toMatchObject({ code: 'full' });
    expect(await typesIn(one)).toEqual(['Added', 'Added']);
  });

  it('tells listeners of what was appended, before the command is acknowledged', async () => {
    const { streams } = world();
    const heard: unknown[] = [];
    streams.onAppended((appended) => heard.push(...appended));

    const { eventIds } = await streams.execute(basket, STREAM, contextOf(), () => [added('rope'), cleared]);

    const common = { metadata: { businessId: 'b1', actor: { type: 'user', id: 'ann' }, commandId: 'command-1', requestId: 'request-1', sessionId: 'session-1', ip: '192.0.2.7', device: 'Chrome on macOS' }, stream: STREAM, position: 2, recordedAt: '2026-03-01T00:00:00.000Z' };
    expect(heard).toEqual([{ ...common, id: eventIds[0], event: added('rope'), revision: 0 }, { ...common, id: eventIds[1], event: cleared, revision: 1 }]);
  });
});

describe('what came of a command', () => {
  it('is of the same shape every time', async () => {
    const { streams } = world();
    const outcomes: object[] = [];
    for (let n = 0; n < 60; n++) outcomes.push(await streams.execute(basket, `${STREAM}-${n}`, contextOf({ commandId: `c${n}` }), add('rope')));
    expect(shapesOf(outcomes.slice(30))).toBe(1);
  });
});

describe('where somebody else is faster', () => {
  it('decides again, on the newer state', async () => {
    const one = world();
    let others = 1;
    const slow = one.node(overtaken(async () => { if (others-- > 0) await one.streams.execute(basket, STREAM, contextOf({ commandId: 'other' }), add('hook')); })).streams;

    expect(await slow.execute(basket, STREAM, contextOf(), addUpToTwo('rope'))).toMatchObject({ state: ['hook', 'rope'], revision: 1 });
  });

  it('refuses what the newer state refuses', async () => {
    const one = world();
    await one.streams.execute(basket, STREAM, contextOf({ commandId: 'first' }), add('bolt'));
    const slow = one.node(overtaken(() => one.streams.execute(basket, STREAM, contextOf({ commandId: 'other' }), addUpToTwo('hook')))).streams;

    await expect(slow.execute(basket, STREAM, contextOf(), addUpToTwo('rope'))).rejects.toMatchObject({ code: 'full' });
    expect(await typesIn(one)).toEqual(['Added', 'Added']);
  });

  it('tries three times, then says that it is busy', async () => {
    const one = world();
    let others = 0;
    const slow = one.node(overtaken(() => one.streams.execute(basket, STREAM, contextOf({ commandId: `other-${++others}` }), add('hook')))).streams;

    await expect(slow.execute(basket, STREAM, contextOf(), add('rope'))).rejects.toThrow(StoreUnavailable);
    expect(others).toBe(3);
    expect(await typesIn(one)).toEqual(['Added', 'Added', 'Added']);
  });

  it('passes every other failure on at once', async () => {
    const one = world();
    let tries = 0;
    const broken = one.node(overtaken(() => { tries++; return Promise.reject(new StoreUnavailable('the disk is full')); })).streams;

    await expect(broken.execute(basket, STREAM, contextOf(), add('rope'))).rejects.toThrow('the disk is full');
    expect(tries).toBe(1);
  });

  it('never decides on a stale state: other nodes\' events are read before every decision', async () => {
    const one = world();
    const [a, b] = [one.node().streams, one.node().streams];
    const seen: (readonly string[])[] = [];
    const look = (item: string) => (items: readonly string[]) => { seen.push(items); return [added(item)]; };

    await a.execute(basket, STREAM, contextOf({ commandId: 'c1' }), look('1'));
    await b.execute(basket, STREAM, contextOf({ commandId: 'c2' }), look('2'));
    await a.execute(basket, STREAM, contextOf({ commandId: 'c3' }), look('3'));
    await b.execute(basket, STREAM, contextOf({ commandId: 'c4' }), look('4'));

    expect(seen).toEqual([[], ['1'], ['1', '2'], ['1', '2', '3']]);
    expect((await a.load(basket, STREAM)).state).toEqual(['1', '2', '3', '4']);
  });

  it('waits its turn on one node, so that its own commands never conflict', async () => {
    const one = world();
    const commands = Array.from({ length: 20 }, (_, n) => one.streams.execute(basket, STREAM, contextOf({ commandId: `c${n}` }), (items) => [added(String(items.length))]));

    await Promise.all(commands);
    expect((await one.streams.load(basket, STREAM)).state).toEqual(Array.from({ length: 20 }, (_, n) => String(n)));
  });

  it('lets the next one go on after a failure', async () => {
    const { streams } = world();

    const refused = streams.execute(basket, STREAM, contextOf({ commandId: 'c1' }), () => { throw new DomainError('full', 'The basket is full.'); });
    const next = streams.execute(basket, STREAM, contextOf({ commandId: 'c2' }), add('rope'));

    await expect(refused).rejects.toMatchObject({ code: 'full' });
    expect(await next).toMatchObject({ state: ['rope'] });
  });
});

describe('loading a stream', () => {
  it('gives the initial state where there is none', async () => {
    expect(await world().streams.load(basket, STREAM)).toEqual({ state: [], revision: -1 });
  });

  it('reads long ones to the end', async () => {
    const one = world();
    await one.streams.execute(counter, STREAM, contextOf(), () => Array.from({ length: 2001 }, () => cleared));

    expect(await one.node().streams.load(counter, STREAM)).toEqual({ state: 2001, revision: 2000 });
  });

  it('keeps two ways to fold the same stream apart', async () => {
    const { streams } = world();
    await streams.execute(basket, STREAM, contextOf(), () => [added('rope'), cleared, added('hook')]);

    expect(await streams.load(counter, STREAM)).toEqual({ state: 3, revision: 2 });
    expect(await streams.load(basket, STREAM)).toEqual({ state: ['hook'], revision: 2 });
  });

  it('remembers a bounded number of streams, and is right about the others too', async () => {
    const { store, codec } = world();
    const streams = new Streams(store, codec, { cached: 1 });
    for (const user of ['anna', 'bob', 'cat']) await streams.execute(basket, `basket-b1-${user}`, contextOf({ commandId: user }), add(user));

    for (const user of ['anna', 'bob', 'cat']) expect((await streams.load(basket, `basket-b1-${user}`)).state).toEqual([user]);
  });

  it.each([['of a short history, which is read anew each time', 3, [0, 0]], ['of a long one, of which only what came since is read', 51, [0, 51]]])('glances at a stream %s', async (_, events, from) => {
    const one = world();
    await one.streams.execute(counter, STREAM, contextOf(), () => Array.from({ length: events }, () => cleared));
    const read = jest.spyOn(one.store, 'readStream');
    const { streams } = one.node();

    for (let times = 0; times < 2; times++) expect(await streams.glance(counter, STREAM)).toEqual({ state: events, revision: events - 1 });

    expect(read.mock.calls.map(([, options]) => options?.from)).toEqual(from);
  });

  it('forgets what an erased person had, when told', async () => {
    const { streams, keys } = world();
    await streams.execute(basket, STREAM, contextOf(), add('rope'));
    await keys.destroy('anna', '2026-03-01T00:00:00.000Z');
    streams.forget(basket, STREAM);

    expect((await streams.load(basket, STREAM)).state).toEqual(['']);
  });

  it('gives the whole history, decoded', async () => {
    const { streams } = world();
    const { eventIds } = await streams.execute(basket, STREAM, contextOf(), () => [added('rope'), cleared]);

    expect((await streams.history(STREAM)).map(({ id, event, revision, position }) => ({ id, event, revision, position }))).toEqual([
      { id: eventIds[0], event: added('rope'), revision: 0, position: 0 }, { id: eventIds[1], event: cleared, revision: 1, position: 0 },
    ]);
  });
});

describe('If-Match', () => {
  it('lets the command through where the stream is as the caller saw it', async () => {
    const { streams } = world();
    await streams.execute(basket, STREAM, contextOf(), add('rope'));

    expect(await streams.execute(basket, STREAM, contextOf({ commandId: 'c2' }), add('hook'), { expectedRevision: 0 })).toMatchObject({ revision: 1 });
  });

  it('refuses it where the stream has gone on, also in the last moment', async () => {
    const one = world();
    await one.streams.execute(basket, STREAM, contextOf(), add('rope'));
    await one.streams.execute(basket, STREAM, contextOf({ commandId: 'c2' }), add('hook'));
    let others = 0;
    const slow = one.node(overtaken(() => one.streams.execute(basket, STREAM, contextOf({ commandId: `other-${++others}` }), add('bolt')))).streams;

    await expect(one.streams.execute(basket, STREAM, contextOf({ commandId: 'c3' }), add('x'), { expectedRevision: 0 })).rejects.toMatchObject({ code: 'stale' });
    await expect(slow.execute(basket, STREAM, contextOf({ commandId: 'c4' }), add('x'), { expectedRevision: 1 })).rejects.toMatchObject({ code: 'stale' });
    expect((await one.streams.load(basket, STREAM)).state).toEqual(['rope', 'hook', 'bolt']);
  });
});

describe('a dry run', () => {
  it('stores nothing and tells nobody, and answers with what would have been', async () => {
    const one = world();
    const heard: unknown[] = [];
    one.streams.onAppended((appended) => heard.push(...appended));
    const context = contextOf({ dryRun: true });

    expect(await one.streams.execute(basket, STREAM, context, add('rope'))).toMatchObject({ state: ['rope'], revision: 0, events: [added('rope')] });
    await one.streams.record(STREAM, context, [cleared]);

    expect(await one.store.head()).toBe(0);
    expect(heard).toEqual([]);
    expect(context.effects.map(({ event }) => event)).toEqual([added('rope')]);
    expect(context.position).toBe(0);
  });

  it('lets later steps of the same command see what earlier ones would have done, and nobody else', async () => {
    const { streams } = world();
    const context = contextOf({ dryRun: true });
    await streams.execute(basket, STREAM, context, () => [added('rope'), added('hook')]);

    await expect(streams.execute(basket, STREAM, context, addUpToTwo('bolt'))).rejects.toMatchObject({ code: 'full' });
    expect((await streams.load(basket, STREAM, context)).state).toEqual(['rope', 'hook']);
    expect((await streams.load(basket, STREAM, contextOf({ dryRun: true }))).state).toEqual([]);
    expect((await streams.load(basket, STREAM)).state).toEqual([]);
  });

  it('is refused like the real thing', async () => {
    const { streams } = world();

    await expect(streams.execute(basket, STREAM, contextOf({ dryRun: true }), add('rope'), { expectedRevision: 3 })).rejects.toMatchObject({ code: 'stale' });
  });
});

describe('a command that is given again, because its process may have died before it could answer', () => {
  it('is recognised, and answered as it was', async () => {
    const one = world();
    const first = await one.streams.execute(basket, STREAM, contextOf(), add('rope'));
    await one.streams.execute(basket, STREAM, contextOf({ commandId: 'other' }), add('hook'));

    const again = contextOf({ retried: true });
    expect(await one.node().streams.execute(basket, STREAM, again, () => { throw new Error('decided twice'); }))
      .toEqual({ state: ['rope', 'hook'], revision: 1, events: [added('rope')], eventIds: first.eventIds });
    expect(again.effects).toEqual([{ stream: STREAM, eventId: first.eventIds[0], event: added('rope') }]);
    expect(again.position).toBe(2);
    expect(await typesIn(one)).toEqual(['Added', 'Added']);
  });

  it('is recognised even where If-Match would refuse it by now', async () => {
    const { streams } = world();
    await streams.execute(basket, STREAM, contextOf(), add('rope'), { expectedRevision: -1 });

    expect(await streams.execute(basket, STREAM, contextOf({ retried: true }), add('rope'), { expectedRevision: -1 })).toMatchObject({ events: [added('rope')] });
  });

  it('is carried out where it had not got that far', async () => {
    const { streams } = world();
    await streams.execute(basket, STREAM, contextOf({ commandId: 'other' }), add('hook'));

    expect(await streams.execute(basket, STREAM, contextOf({ retried: true }), add('rope'))).toMatchObject({ state: ['hook', 'rope'] });
  });

  it('is decided afresh where it is told to, and its new events are no repetition of the old', async () => {
    const one = world();
    await one.streams.execute(basket, STREAM, contextOf(), add('rope'));
    await one.streams.execute(basket, STREAM, contextOf({ commandId: 'other' }), () => [cleared]);

    expect(await one.streams.execute(basket, STREAM, contextOf({ retried: true }), add('rope'), { decideAfresh: true })).toMatchObject({ state: ['rope'], revision: 2 });
    expect(await typesIn(one)).toEqual(['Added', 'Cleared', 'Added']);
  });

  it('records a fact once', async () => {
    const one = world();
    await one.streams.record(STREAM, contextOf(), [added('rope')]);
    await one.streams.record(STREAM, contextOf({ retried: true }), [added('rope')]);
    await one.streams.record(STREAM, contextOf({ commandId: 'other' }), [added('rope')]);

    expect(await typesIn(one)).toEqual(['Added', 'Added']);
  });
});

describe('what must stand elsewhere first', () => {
  it('is done between the decision and the append, and told of both states', async () => {
    const one = world();
    const steps: unknown[] = [];

    await one.streams.execute(basket, STREAM, contextOf(), add('rope'), { beforeAppend: async (step) => { steps.push(step, await one.store.head()); } });

    expect(steps).toEqual([{ before: { state: [], revision: -1 }, after: { state: ['rope'], revision: 0 } }, 0]);
  });

  it('is done again for the newer state where somebody was faster', async () => {
    const one = world();
    let others = 1;
    const slow = one.node(overtaken(async () => { if (others-- > 0) await one.streams.execute(basket, STREAM, contextOf({ commandId: 'other' }), add('hook')); })).streams;
    const seen: unknown[] = [];

    await slow.execute(basket, STREAM, contextOf(), add('rope'), { beforeAppend: async ({ before }) => { seen.push(before.state); } });

    expect(seen).toEqual([[], ['hook']]);
  });

  it('can refuse', async () => {
    const one = world();

    await expect(one.streams.execute(basket, STREAM, contextOf(), add('rope'), { beforeAppend: async () => { throw new DomainError('no', 'Not now.'); } })).rejects.toMatchObject({ code: 'no' });
    expect(await one.store.head()).toBe(0);
  });

  it('is not done where nothing is appended', async () => {
    const { streams } = world();

    await streams.execute(basket, STREAM, contextOf(), () => [], { beforeAppend: async () => { throw new Error('not wanted'); } });
  });
});

describe('erasure while a command is on its way', () => {
  it('lets it decide again, on a state that says so', async () => {
    const one = world();
    const seen: (readonly string[])[] = [];
    let erased = false;

    const outcome = one.streams.execute(basket, STREAM, contextOf(), (items) => {
      seen.push(items);
      if (items.includes('erased')) throw new DomainError('not-active', 'The user is not active.');
      return [added('rope')];
    }, {
      beforeAppend: async () => {
        if (erased) return;
        erased = true;
        await one.node().streams.execute(basket, STREAM, contextOf({ commandId: 'other' }), add('erased'));
        await one.keys.destroy('anna', '2026-03-01T00:00:00.000Z');
      },
    });

    // The key being gone, the item reads as its replacement.
    await expect(outcome).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(seen).toEqual([[], [''], ['']]);
    expect(await typesIn(one)).toEqual(['Added']);
  });

  it('tells the actor that they are not signed in, where it is they who were erased', async () => {
    const one = world();
    await one.keys.destroy('ann', '2026-03-01T00:00:00.000Z');

    await expect(one.streams.execute(basket, STREAM, contextOf(), add('rope'))).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await one.store.head()).toBe(0);
  });
});
