import fc from 'fast-check';
import { DomainError } from '@rolebook/kernel';
import { Gate } from './gate';

describe('a gate', () => {
  it('never holds more than its capacity, lets everybody in, in order, and passes results and failures on', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.record({ weight: fc.integer({ min: 1, max: 6 }), turns: fc.nat(3), fails: fc.boolean() }), { maxLength: 12 }), async (capacity, jobs) => {
      const gate = new Gate(capacity, 100);
      let inside = 0;
      const entered: number[] = [];
      const results = await Promise.allSettled(jobs.map(({ weight, turns, fails }, i) => gate.pass(weight, async () => {
        entered.push(i);
        inside += Math.min(weight, capacity);
        expect(inside).toBeLessThanOrEqual(capacity);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        inside -= Math.min(weight, capacity);
        if (fails) throw new Error(`job ${i}`);
        return i;
      })));
      expect(entered).toEqual(jobs.map((_, i) => i));
      expect(results.map((r) => (r.status === 'fulfilled' ? r.value : (r.reason as Error).message))).toEqual(jobs.map(({ fails }, i) => (fails ? `job ${i}` : i)));
    }));
  });

  it('sends away who would wait too long a queue, and has room again afterwards', async () => {
    const gate = new Gate(1, 2);
    let open: () => void = () => undefined;
    const inside = gate.pass(1, () => new Promise<void>((resolve) => { open = resolve; }));
    const waiting = [gate.pass(1, async () => 'first'), gate.pass(1, async () => 'second')];
    const refused: unknown = await gate.pass(1, async () => 'third').catch((error: unknown) => error);
    await Promise.resolve();
    open();

    expect(refused).toEqual(new DomainError('unavailable', 'Too many pictures at once; try again.', { retryAfterSeconds: 2 }));
    expect(await Promise.all([inside, ...waiting])).toEqual([undefined, 'first', 'second']);
    expect(await gate.pass(1, async () => 'later')).toBe('later');
  });
});
