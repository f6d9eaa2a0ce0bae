import type { Random } from './random';
import type { Schedule } from './schedule';

/** The stores, and what becomes of calls to them. */
export type StoreName = 'events' | 'documents' | 'operational' | 'keys' | 'mail';
/** `away`: nothing answers. `full`: it can be read and not written. */
export type Trouble = 'away' | 'full';

/** What is out of order at the moment; all processes see the same. */
export class Troubles {
  private readonly now = new Map<StoreName, Trouble>();
  /** How many of a thousand calls fail without any outage. */
  flaky = 0;
  /** Whether anything has gone wrong so far: then a mail may go out twice. */
  ever = false;

  set(store: StoreName, trouble: Trouble | null): void {
    if (trouble === null) this.now.delete(store);
    else {
      this.now.set(store, trouble);
      this.ever = true;
    }
  }

  of(store: StoreName): Trouble | null {
    return this.now.get(store) ?? null;
  }

  clear(): void {
    this.now.clear();
    this.flaky = 0;
  }
}

interface Call<T> {
  readonly store: StoreName;
  readonly writes: boolean;
  /** How the port says that it cannot be had. */
  readonly unavailable: (message: string) => Error;
  readonly work: () => Promise<T>;
  /** A write that was cut off half-way, where the port does not promise all or nothing. */
  readonly torn?: () => Promise<unknown>;
}

/**
 * What a process hears of its stores: late, in another order than it asked, sometimes not at all. A call may fail before it has done anything, after it has done
 * all, or half-way. Once the process is dead nothing comes through: what was on its way is done or is not, and nobody hears of it.
 */
export class Line {
  private cut = false;

  constructor(private readonly schedule: Pick<Schedule, 'turn'>, private readonly random: Random, private readonly troubles: Troubles) {}

  get isDead(): boolean { return this.cut; }

  die(): void {
    this.cut = true;
  }

  async call<T>({ store, writes, unavailable, work, torn }: Call<T>): Promise<T> {
    await this.turn();
    if (this.blocked(store, writes)) throw unavailable(`${store} is out of order`);
    const fate = this.fate(writes, torn !== undefined);
    if (fate === 'refused') throw unavailable(`${store} does not answer for a moment`);
    if (fate === 'torn') {
      await torn?.();
      throw unavailable(`${store} broke off`);
    }
    const result = await work();
    await this.turn();
    if (fate === 'lost') throw unavailable(`${store} has done it and the answer was lost`);
    return result;
  }

  /** Waits its turn; for ever, where the process is dead by then. */
  async turn(): Promise<void> {
    await this.schedule.turn();
    if (this.cut) await new Promise<never>(() => undefined);
  }

  /** Whether something small goes wrong here, as often as calls fail. */
  stumbles(): boolean {
    const stumbles = this.random.perMille(this.troubles.flaky);
    if (stumbles) this.troubles.ever = true;
    return stumbles;
  }

  blocked(store: StoreName, writes: boolean): boolean {
    const trouble = this.troubles.of(store);
    return trouble === 'away' || (trouble === 'full' && writes);
  }

  private fate(writes: boolean, canTear: boolean): 'done' | 'refused' | 'lost' | 'torn' {
    if (!this.stumbles()) return 'done';
    if (!writes) return 'refused';
    return this.random.pick(canTear ? ['refused', 'lost', 'torn'] as const : ['refused', 'lost'] as const);
  }
}
