import fc from 'fast-check';
import { Pace } from './pace';

describe('a pace', () => {
  let now = Date.UTC(2026, 10, 24);
  const clock = { now: () => now };
  const pace = (perMinute: number, most?: number) => new Pace(clock, perMinute, most);

  it('lets a minute\'s worth be spent at once, and then what flows back', () => {
    const paced = pace(60);
    for (let n = 0; n < 60; n++) expect(paced.spend('a', 1)).toBe(0);
    expect(paced.spend('a', 1)).toBe(1_000);
    expect(paced.spend('a', 3)).toBe(3_000);
    now += 1_000;
    expect(paced.spend('a', 1)).toBe(0);
    expect(paced.spend('a', 1)).toBe(1_000);
  });

  it('is of each party for itself', () => {
    const paced = pace(1);
    expect([paced.spend('a', 1), paced.spend('b', 1)]).toEqual([0, 0]);
    expect(paced.spend('a', 1)).toBe(60_000);
  });

  it('is no limit where it is 0', () => {
    const paced = pace(0);
    for (let n = 0; n < 10_000; n++) expect(paced.spend('a', 1_000)).toBe(0);
  });

  it('lets what is dearer than the budget be done once the budget is whole', () => {
    const paced = pace(10);
    expect([paced.spend('a', 50), paced.spend('a', 50)]).toEqual([0, 60_000]);
    now += 60_000;
    expect(paced.spend('a', 50)).toBe(0);
  });

  it('keeps nobody waiting for more than a minute when the clock was put back', () => {
    const paced = pace(1);
    paced.spend('a', 1);
    now -= 3_600_000;
    expect(paced.spend('a', 1)).toBe(60_000);
  });

  it('remembers so many parties, and forgets who has spent nothing for longest', () => {
    const paced = pace(1, 2);
    for (const party of ['a', 'b', 'c']) paced.spend(party, 1);
    expect([paced.spend('c', 1), paced.spend('b', 1), paced.spend('a', 1)]).toEqual([60_000, 60_000, 0]);
  });

  it('never gives more than its budget and what flowed back, and whoever waits as told is let in', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 600 }), fc.array(fc.tuple(fc.nat({ max: 5_000 }), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 200 }), (perMinute, steps) => {
      const paced = pace(perMinute);
      const start = now;
      let spent = 0;
      for (const [later, wished] of steps) {
        now += later;
        const cost = Math.min(wished, perMinute);
        const wait = paced.spend('a', cost);
        if (wait > 0) {
          now += wait;
          expect(paced.spend('a', cost)).toBe(0);
        }
        spent += cost;
        expect(spent).toBeLessThanOrEqual(perMinute * (1 + (now - start) / 60_000) + perMinute / 60_000);
      }
    }));
  });
});
