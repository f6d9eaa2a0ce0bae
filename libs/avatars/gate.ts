import { DomainError } from '@rolebook/kernel';

/** Lets work through while there is room, first come first served. */
export class Gate {
  private free: number;
  private readonly waiting: { readonly weight: number; readonly enter: () => void }[] = [];

  /**
   * @param capacity how much weight is inside at once
   * @param maxWaiting how many may wait outside; more are sent away
   */
  constructor(private readonly capacity: number, private readonly maxWaiting: number) {
    this.free = capacity;
  }

  /** @throws {DomainError} `unavailable` with `retryAfterSeconds` where too many wait already */
  async pass<T>(weight: number, work: () => Promise<T>): Promise<T> {
    await this.enter(Math.min(weight, this.capacity));
    try {
      return await work();
    } finally {
      this.free += Math.min(weight, this.capacity);
      this.admit();
    }
  }

  private enter(weight: number): Promise<void> {
    if (this.waiting.length >= this.maxWaiting) throw new DomainError('unavailable', 'Too many pictures at once; try again.', { retryAfterSeconds: 2 });
    return new Promise((enter) => {
      this.waiting.push({ weight, enter });
      this.admit();
    });
  }

  private admit(): void {
    for (let next = this.waiting[0]; next !== undefined && next.weight <= this.free; next = this.waiting[0]) {
      this.waiting.shift();
      this.free -= next.weight;
      next.enter();
    }
  }
}
