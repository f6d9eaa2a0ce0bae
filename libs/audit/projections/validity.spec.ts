import fc from 'fast-check';
import { forkOf, forksAt, NEVER, STILL_IN_FORCE } from './validity';

const span = fc.tuple(fc.nat(5_000), fc.nat(300)).map(([from, length]) => [from + 1, from + 2 + length] as const);

/** The rule that a query goes by. */
function isFound(from: number, to: number, position: number): boolean {
  const { ended, begun } = forksAt(position);
  const fork = forkOf(from, to);
  return (ended.includes(fork) && to > position) || (begun.includes(fork) && from <= position);
}

describe('finding what was in force at a position', () => {
  it('finds exactly what was', () => {
    fc.assert(fc.property(span, fc.nat(6_000), ([from, to], position) => {
      expect(isFound(from, to, position + 1)).toBe(from <= position + 1 && position + 1 < to);
    }), { numRuns: 1_000 });
  });

  it('finds it at every position of a short span, and not beside it', () => {
    const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
    const spans = upTo(33).flatMap((from) => upTo(35).filter((to) => to > from).map((to) => [from, to] as const));
    const wrong = spans.flatMap(([from, to]) => upTo(37).filter((at) => isFound(from, to, at) !== (from <= at && at < to)).map((at) => [from, to, at]));
    expect(wrong).toEqual([]);
  });

  it('files a span between its ends', () => {
    fc.assert(fc.property(span, ([from, to]) => {
      expect(forkOf(from, to)).toBeGreaterThanOrEqual(from);
      expect(forkOf(from, to)).toBeLessThan(to);
    }));
  });

  it('knows what is in force still', () => {
    expect(forkOf(17, NEVER)).toBe(STILL_IN_FORCE);
    expect(isFound(17, NEVER, 16)).toBe(false);
    expect(isFound(17, NEVER, 17)).toBe(true);
    expect(isFound(17, NEVER, 2 ** 50)).toBe(true);
  });

  it('asks for a hundred forks at most, at positions of any size', () => {
    for (const position of [1, 4_711, 2 ** 31, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER - 1]) {
      const { ended, begun } = forksAt(position);
      expect(ended.length + begun.length).toBeLessThan(100);
      expect(isFound(position, position + 1, position)).toBe(true);
    }
  });

  it('refuses a span of nothing', () => {
    expect(() => forkOf(5, 5)).toThrow(RangeError);
  });
});
