import * as fc from 'fast-check';
import { GenerationCache } from './generation-cache';

describe('a cache of generations', () => {
  it('never holds more than two generations, whatever is read and written, and never a wrong value', () => {
    const step = fc.record({ key: fc.nat(40), write: fc.boolean() });
    fc.assert(fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (generationSize, steps) => {
      const cache = new GenerationCache<string>(generationSize);
      const latest = new Map<string, string>();
      steps.forEach(({ key, write }, i) => {
        cache.turn();
        if (write) {
          cache.set(String(key), `${key}@${i}`);
          latest.set(String(key), `${key}@${i}`);
        } else expect([undefined, latest.get(String(key))]).toContain(cache.get(String(key)));
        expect(cache.size).toBeLessThanOrEqual(2 * generationSize);
      });
    }));
  });

  it('keeps what is in use over every turn', () => {
    const cache = new GenerationCache<number>(3);
    cache.set('used', 1);
    for (let i = 0; i < 50; i++) {
      cache.turn();
      cache.set(`other-${i}`, i);
      expect(cache.get('used')).toBe(1);
    }
  });

  it('forgets what is deleted in both generations', () => {
    const cache = new GenerationCache<number>(1);
    cache.set('a', 1);
    cache.turn();
    cache.get('a');
    cache.delete('a');
    expect(cache.get('a')).toBeUndefined();
  });
});
