import type { Clock } from '@rolebook/kernel';
import { describeAppend, describeRetries } from './contract/append.contract';
import { newEvent, newEvents, newStream, refusalOf, type EventStoreFixture, type EventStoreTraits } from './contract/helpers.contract';
import { describeInterleavings } from './contract/interleavings.contract';
import { describeReadAll, describeReadStream } from './contract/reads.contract';
import { describeSubscriptions } from './contract/subscriptions.contract';
import { StoreUnavailable, type EventStore } from './port';

export type { EventStoreFixture, EventStoreTraits };

/**
 * The promises of {@link EventStore}, as specifications. An adapter's spec calls it in a line:
 * `eventStoreContract('SQLite', async (clock) => ({ store: ..., dispose: ... }), { embedded: true })`.
 */
export function eventStoreContract(name: string, factory: (clock: Clock) => Promise<EventStoreFixture>, traits: EventStoreTraits): void {
  describe(`${name} event store`, () => {
    const clock = { time: Date.parse('2026-11-24T09:00:00.000Z'), now: () => clock.time };
    let fixture: EventStoreFixture;
    let store: EventStore;

    beforeAll(async () => {
      fixture = await factory(clock);
      ({ store } = fixture);
    });

    afterAll(async () => {
      await store.close();
      await fixture.dispose();
    });

    describe('append', () => describeAppend(() => store));
    describe('append again', () => describeRetries(() => store, traits));
    describe('read a stream', () => describeReadStream(() => store));
    describe('read all', () => describeReadAll(() => store));
    describe('subscribe', () => describeSubscriptions(() => store));
    describe('any interleaving of appends', () => describeInterleavings(() => store));

    describe('close', () => {
      it('ends subscriptions silently and refuses everything after it', async () => {
        const other = await factory(clock);
        const ended = jest.fn();
        await other.store.subscribe({ after: 0, onEvents: () => undefined, onEnd: ended });
        await other.store.close();
        await other.store.close();
        for (const use of [
          () => other.store.append(newStream(), 'any', [newEvent()]),
          () => other.store.readStream(newStream()),
          () => other.store.readAll({ after: 0, limit: 1 }),
          () => other.store.head(),
          () => other.store.subscribe({ after: 0, onEvents: () => undefined }),
          () => other.store.ping(),
        ]) await expect(use()).rejects.toBeInstanceOf(StoreUnavailable);
        expect(ended).not.toHaveBeenCalled();
        await other.dispose();
      });

      it('finishes the appends it was asked for', async () => {
        const other = await factory(clock);
        const appends = Array.from({ length: 20 }, () => other.store.append(newStream(), 'no-stream', [newEvent()]));
        const [results] = await Promise.all([Promise.all(appends), other.store.close()]);
        expect(results.map(({ revision }) => revision)).toEqual(Array<number>(20).fill(0));
        await other.dispose();
      });
    });

    if (traits.embedded) describe('an embedded log', () => describeEmbedded(factory));
  });
}

function describeEmbedded(factory: (clock: Clock) => Promise<EventStoreFixture>): void {
  it('starts empty and counts positions from 1 without gaps', async () => {
    const { store, dispose } = await factory({ now: () => 0 });
    expect(await store.head()).toBe(0);
    expect(await store.readAll({ after: 0, limit: 10 })).toEqual([]);
    await store.append('a', 'no-stream', newEvents(2));
    await refusalOf(store.append('a', 'no-stream', newEvents(2)));
    await store.append('b', 'no-stream', newEvents(2));
    expect((await store.readAll({ after: 0, limit: 10 })).map(({ position }) => position)).toEqual([1, 2, 3, 4]);
    await store.close();
    await dispose();
  });

  it('records when, and never goes back though the clock does', async () => {
    const times = ['2026-11-24T10:00:00.000Z', '2026-11-24T10:00:00.001Z', '2026-11-24T09:00:00.000Z', '2026-11-24T09:30:00.000Z', '2026-11-24T10:00:01.000Z'];
    let time = 0;
    const { store, dispose } = await factory({ now: () => time });
    const recorded: string[] = [];
    for (const moment of times) {
      time = Date.parse(moment);
      recorded.push((await store.append(newStream(), 'no-stream', newEvents(2))).recordedAt);
    }
    expect(recorded).toEqual([times[0], times[1], times[1], times[1], times[4]]);
    expect((await store.readAll({ after: 0, limit: 100 })).map(({ recordedAt }) => recordedAt)).toEqual(recorded.flatMap((moment) => [moment, moment]));
    await store.close();
    await dispose();
  });
}
