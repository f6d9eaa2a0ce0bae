import type { Clock } from '@rolebook/kernel';
import type { Random } from './random';

/** Seen before anything is put in its place. */
const { setImmediate: nextTurn } = globalThis;
const START = Date.parse('2026-03-01T08:00:00.000Z');

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/** A wait of `setTimeout` that this schedule keeps. */
class Handle {
  constructor(readonly cancel: () => void) {}
  ref(): this { return this; }
  unref(): this { return this; }
  hasRef(): boolean { return true; }
  refresh(): this { return this; }
}

/**
 * Decides what happens next, in one process and from one seed. Whatever would wait for the outside world waits for its turn here; turns are given out
 * in an order that chance picks, one at a time, and everything that follows from one has come to rest before the next.
 * Time passes with the turns, and leaps to the next timer where nobody waits for a turn.
 */
export class Schedule {
  private readonly waiting: (() => void)[] = [];
  private readonly timers = new Set<Timer>();
  private elapsed = 0;
  private order = 0;
  private shift = 0;
  /** Turns given out so far. */
  turns = 0;

  constructor(private readonly random: Random) {}

  /** The clock on the wall, which can be put forward and back; timers do not go by it. */
  readonly clock: Clock = { now: () => START + this.elapsed + this.shift };

  /** @param milliseconds negative: back */
  shiftClock(milliseconds: number): void {
    this.shift += milliseconds;
  }

  /** Milliseconds since the start, which only ever rise. */
  get now(): number { return this.elapsed; }

  /** Waits for a turn. */
  turn(): Promise<void> {
    return new Promise((resolve) => { this.waiting.push(resolve); });
  }

  after(milliseconds: number, run: () => void): Handle {
    const timer: Timer = { due: this.elapsed + Math.max(1, milliseconds), order: this.order++, run };
    this.timers.add(timer);
    return new Handle(() => { this.timers.delete(timer); });
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => { this.after(milliseconds, resolve); });
  }

  /** Gives out turns until `done`, or until nothing is left to wait for. @throws {Error} where it takes more turns than `most` */
  async run(done: () => boolean, most: number): Promise<void> {
    const end = this.turns + most;
    for (;;) {
      await new Promise<void>((resolve) => { nextTurn(resolve); });
      if (done() || !this.step()) return;
      if (this.turns > end) throw new Error(`no end after ${most} turns: something goes round in circles`);
    }
  }

  /** Puts timers of this schedule in the place of the real ones. @returns what puts those back */
  takeOverTimers(): () => void {
    const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    const set = (run: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]) => this.after(milliseconds, () => { run(...given); });
    Object.assign(globalThis, { setTimeout: set, clearTimeout: (handle: unknown) => { if (handle instanceof Handle) handle.cancel(); } });
    return () => { Object.assign(globalThis, real); };
  }

  private step(): boolean {
    const due = this.nextTimer();
    if (this.waiting.length === 0 && !due) return false;
    this.turns++;
    if (due && (this.waiting.length === 0 || due.due <= this.elapsed)) {
      this.elapsed = Math.max(this.elapsed, due.due);
      this.timers.delete(due);
      due.run();
      return true;
    }
    this.elapsed += this.random.int(4);
    const at = this.random.int(this.waiting.length);
    const [resume] = this.waiting.splice(at, 1);
    resume?.();
    return true;
  }

  private nextTimer(): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.timers) if (!next || timer.due < next.due || (timer.due === next.due && timer.order < next.order)) next = timer;
    return next;
  }
}
