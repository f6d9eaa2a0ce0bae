import { AsyncResource } from 'node:async_hooks';

/** Milliseconds that the work of one spell may take together; what is left then waits for the next turn of the event loop. */
const SPELL_MS = 3;

type Work = () => void;

/**
 * Has work done in spells: what many ask for in one moment is not done in one turn of the event loop but a few milliseconds of it in each, so that
 * timers, and whoever asks for something small, wait for a spell and not for all of it. In the order asked for, but that nothing is begun before what goes on.
 */
export class Spells {
  private readonly goingOn: Work[] = [];
  private readonly beginning: Work[] = [];
  /** Until then the spell has time left. */
  private until = 0;
  private hasBegun = false;
  private isAtWork = false;

  /** @param now milliseconds, by a clock that nobody sets */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Begins something new: at once where there is time and nobody is before it. */
  begin(work: Work): void {
    this.open();
    if (!this.isAtWork && this.isIdle && this.hasTime) return work();
    const request = new AsyncResource('Spell'); // and not `bind`, which defines properties of each function it makes, and takes fifty times as long
    this.beginning.push(() => request.runInAsyncScope(work));
    this.go();
  }

  /** Resolves when something new may begin: for whoever has begun, and finds that it is dear. */
  turn(): Promise<void> {
    this.open();
    return new Promise((resolve) => {
      this.beginning.push(resolve);
      this.go();
    });
  }

  /** Goes on with what was begun, such as by resolving what it waits for: soon, never before this returns. */
  goOn(work: Work): void {
    this.open();
    this.goingOn.push(work);
    this.go();
  }

  private get isIdle(): boolean { return this.goingOn.length + this.beginning.length === 0; }

  private get hasTime(): boolean { return this.now() < this.until; }

  /** A spell goes from where immediates are called in one turn of the event loop to there in the next. */
  private open(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.until = this.now() + SPELL_MS;
    setImmediate(() => {
      this.hasBegun = false;
      if (this.isIdle) return;
      this.open();
      this.go();
    });
  }

  /** After all promise jobs of what is being done: it may go on with much. */
  private go(): void {
    if (this.isAtWork) return;
    this.isAtWork = true;
    queueMicrotask(() => process.nextTick(this.next));
  }

  private readonly next = (): void => {
    this.isAtWork = false;
    if (!this.hasTime) return;
    const work = this.goingOn.shift() ?? this.beginning.shift();
    if (!this.isIdle) this.go();
    work?.();
  };
}

/** Those of this process. */
export const spells = new Spells();
