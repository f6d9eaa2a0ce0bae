import type { EventStore, Subscription } from '../port';
import { Collector, deferred, everythingAfter, newEvents, newStream } from './helpers.contract';

/** Catching up, following, waiting for the subscriber, and ending. */
export function describeSubscriptions(log: () => EventStore): void {
  const append = (count = 1) => log().append(newStream(), 'no-stream', newEvents(count));

  it('catches up from a position and then follows, without gap or repeat, while writers append', async () => {
    const before = await log().head();
    await append(1300);
    const writers = Promise.all(Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 60; n++) await append(1 + (n % 3));
    }));
    const collector = await Collector.on(log(), before);
    await writers;
    const last = await append();
    await collector.until(last);
    expect(collector.events).toEqual(await everythingAfter(log(), before));
    await collector.subscription?.stop();
  });

  it('starts in the middle, after the position it was given', async () => {
    const before = await log().head();
    await append(5);
    const all = await everythingAfter(log(), before);
    const collector = await Collector.on(log(), all[2]?.position ?? 0);
    await append(1);
    await collector.until({ count: 3 });
    expect(collector.events.slice(0, 2)).toEqual(all.slice(3));
    await collector.subscription?.stop();
  });

  it('waits at the end of the log for what comes', async () => {
    const collector = await Collector.on(log(), await log().head());
    const results = [];
    for (let n = 1; n <= 3; n++) {
      results.push(await append());
      await collector.until({ count: n });
    }
    expect(collector.events.map(({ position }) => position)).toEqual(results.map(({ position }) => position));
    await collector.subscription?.stop();
  });

  it('hands over the next batch only when the one before is done with', async () => {
    let running = 0;
    let mostAtOnce = 0;
    const gate = deferred();
    const collector = await Collector.on(log(), await log().head(), async () => {
      mostAtOnce = Math.max(mostAtOnce, ++running);
      await gate.promise;
      await new Promise(setImmediate);
      running--;
    });
    await append();
    await collector.until({ count: 1 });
    const witness = await Collector.on(log(), await log().head());
    const { position } = await append(20);
    await witness.until({ position });
    expect(collector.batches).toEqual([1]);

    gate.resolve();
    await collector.until({ position });
    expect(collector.events).toHaveLength(21);
    expect(mostAtOnce).toBe(1);
    await Promise.all([collector.subscription?.stop(), witness.subscription?.stop()]);
  });

  it.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('no room'))],
    ['throws', () => { throw new Error('no room'); }],
  ])('ends where the subscriber %s, says why, and hands over nothing more', async (_, fail) => {
    const end = deferred<Error>();
    const onEvents = jest.fn(fail);
    await log().subscribe({ after: await log().head(), onEvents, onEnd: end.resolve });
    const witness = await Collector.on(log(), await log().head());
    await append();
    expect((await end.promise).message).toBe('no room');
    await witness.until(await append());
    expect(onEvents).toHaveBeenCalledTimes(1);
    await witness.subscription?.stop();
  });

  it('hands over nothing after it was stopped, and does not call that an end', async () => {
    const onEvents = jest.fn();
    const onEnd = jest.fn();
    const subscription = await log().subscribe({ after: await log().head(), onEvents, onEnd });
    await subscription.stop();
    await subscription.stop();
    const witness = await Collector.on(log(), await log().head());
    await witness.until(await append());
    await witness.until(await append());
    expect(onEvents).not.toHaveBeenCalled();
    expect(onEnd).not.toHaveBeenCalled();
    await witness.subscription?.stop();
  });

  it('can be stopped by its own subscriber, in the middle of catching up', async () => {
    const before = await log().head();
    await append(3000);
    const stopped = deferred();
    let batches = 0;
    const subscription: Subscription = await log().subscribe({
      after: before,
      onEvents: async () => {
        batches++;
        await subscription.stop();
        stopped.resolve();
      },
    });
    await stopped.promise;
    const witness = await Collector.on(log(), before);
    await witness.until(await append());
    expect(batches).toBe(1);
    await witness.subscription?.stop();
  });

  it('stays stopped where the subscriber fails afterwards', async () => {
    const onEnd = jest.fn();
    const [entered, gate] = [deferred(), deferred()];
    const subscription = await log().subscribe({
      after: await log().head(),
      onEvents: async () => {
        entered.resolve();
        await gate.promise;
        throw new Error('too late');
      },
      onEnd,
    });
    const witness = await Collector.on(log(), await log().head());
    await append();
    await entered.promise;
    await subscription.stop();
    gate.resolve();
    await witness.until(await append());
    expect(onEnd).not.toHaveBeenCalled();
    await witness.subscription?.stop();
  });

  it('gives every subscription everything, each at its own pace', async () => {
    const before = await log().head();
    const slow = await Collector.on(log(), before, () => new Promise((resolve) => setImmediate(resolve)));
    const fast = await Collector.on(log(), before);
    for (let n = 0; n < 20; n++) await append(2);
    await Promise.all([slow.until({ count: 40 }), fast.until({ count: 40 })]);
    expect(slow.events).toEqual(fast.events);
    await Promise.all([slow.subscription?.stop(), fast.subscription?.stop()]);
  });

  it.each([-1, 0.5])('takes position %d for a mistake of the caller', async (after) => {
    await expect(log().subscribe({ after, onEvents: () => undefined })).rejects.toBeInstanceOf(RangeError);
  });
}
