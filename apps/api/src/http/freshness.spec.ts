import type { Streams } from '@rolebook/event-sourcing';
import { Freshness, type Progress } from './freshness';

describe('what a read must show', () => {
  const appended: Parameters<Streams['onAppended']>[0][] = [];
  const streams = { onAppended: (listener) => { appended.push(listener); } } as Pick<Streams, 'onAppended'> as Streams;
  const progress = (position: number, arrives = true): Progress => ({ position, positionOf: () => position, caughtUp: async () => arrives });

  it('is what this node has acknowledged, and what the request asks for', () => {
    const freshness = new Freshness(progress(5), streams, 0);
    appended.at(-1)!([{ position: 7 }, { position: 6 }] as never);

    expect([freshness.needed(0), freshness.needed(9)]).toEqual([7, 9]);
  });

  // Killed between a change and its projection, a service showed the state before the change as soon as it was up again.
  it('is also what this node had acknowledged before it was started', async () => {
    await expect(new Freshness(progress(5, false), streams, 7).reached(0)).rejects.toMatchObject({ code: 'behind' });
    await expect(new Freshness(progress(5), streams, 7).reached(0)).resolves.toBeUndefined();
    expect(new Freshness(progress(7), streams, 7).reached(0)).toBeNull();
  });
});
