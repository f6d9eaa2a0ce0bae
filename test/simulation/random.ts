/** Chance that can be had again: mulberry32 by Tommy Ettinger, good enough for choosing among schedules, and never for secrets. */
export class Random {
  private state: number;

  /** @param seed a whole number; the same one gives the same sequence */
  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** At least 0 and less than 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** `true` in so many of a thousand cases. */
  perMille(cases: number): boolean {
    return this.next() * 1000 < cases;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.int(from.length)];
    if (picked === undefined) throw new RangeError('there is nothing to pick from');
    return picked;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.int(256)));
  }

  /** Another sequence, so that drawing more for one purpose does not change the draws for another. */
  fork(): Random {
    return new Random(this.int(2 ** 32));
  }
}
