import { Turns, type Clock } from '@rolebook/kernel';
import type { OperationalStore } from './port';

const BUCKET = 'leases';

/** How long a lease lasts without being renewed, and how often it is renewed or asked for, in milliseconds: takeover after at most both together. */
export const LEASE_TTL_MS = 3_000;
export const LEASE_RENEW_MS = 1_000;

/** What stands in the store. The entry itself never expires: its tokens must go on where they were. */
type Grant = {
  readonly holder: string;
  readonly token: number;
  /** Milliseconds since the epoch; 0 once released. */
  readonly until: number;
  /** Who wants it next, and until when nobody else takes it. */
  readonly asked?: { readonly holder: string; readonly until: number };
};

/** How long a request to be let in stands, in milliseconds: longer than a holder takes to notice and to end its work. */
const ASKED_MS = 15_000;

/** Who holds a lease, from the holder's side. */
export interface Holding {
  /** Fencing token: greater with every holder. What the holder changes elsewhere can refuse a smaller one than it has seen. */
  readonly token: number;
}

/**
 * One holder at a time among many processes, such as the projector of a read model, by compare-and-set on the operational store.
 *
 * While clocks agree two never both hold: the holder counts from before it asked, everybody else waits for the moment that was
 * stored. Where clocks differ by more than the renewals leave over (about 2 s), or a process stops between asking {@link held}
 * and acting on it, two may act; so what they do must be harmless twice (documents are guarded by their positions) or fenced
 * by the {@link Holding.token}. (Gray and Cheriton, "Leases", SOSP 1989.)
 */
export class Lease {
  readonly #store: OperationalStore;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #holder: string;
  readonly #ttlMs: number;
  /** Another's grant as it was seen first, by the monotonic clock in milliseconds. */
  #seen: { readonly version: number | null; readonly since: number } | null = null;
  #token: number | null = null;
  #until = 0;
  #isAskedFor = false;
  /** One at a time: a renewal that is under way must not bring back what is released meanwhile. */
  readonly #turns = new Turns();

  /**
   * @param options.name what there is one holder of
   * @param options.holder unlike any other's, restarts included: a random id of the process
   */
  constructor(options: { readonly store: OperationalStore; readonly clock: Clock; readonly name: string; readonly holder: string; readonly ttlMs?: number }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#name = options.name;
    this.#holder = options.holder;
    this.#ttlMs = options.ttlMs ?? LEASE_TTL_MS;
  }

  /** The holding, as long as it lasts: to be asked right before each piece of work. */
  get held(): Holding | null {
    return this.#token !== null && this.remainingMs > 0 ? { token: this.#token } : null;
  }

  /** Milliseconds until the holding ends, unless it is renewed; 0 where there is none. */
  get remainingMs(): number {
    return Math.max(0, this.#until - this.#clock.now());
  }

  /**
   * Takes the lease where nobody holds it, or goes on holding it.
   * @returns `null` where another holds it
   * @throws {OperationalStoreUnavailable} the lease that is held then lasts to its end and no longer
   */
  async acquire(): Promise<Holding | null> {
    return this.#turns.take(async () => (await this.#extend()) ?? (await this.#take()));
  }

  /**
   * Goes on holding the lease, also a little late, where nobody took it.
   * @returns `null` where it is lost, or was never held
   * @throws {OperationalStoreUnavailable} as {@link acquire}
   */
  async renew(): Promise<Holding | null> {
    return this.#turns.take(() => this.#extend());
  }

  /** Whether another has asked to be let in, as far as known since the last renewal: end the work, and then {@link release}. */
  get isAskedFor(): boolean { return this.#token !== null && this.#isAskedFor; }

  /** Asks whoever holds the lease to let go: until then, and for some seconds, nobody but this one gets it. Then {@link acquire}. */
  async ask(): Promise<void> {
    await this.#turns.take(async () => {
      for (;;) {
        const { grant, version } = await this.#read();
        const until = this.#clock.now() + ASKED_MS;
        const next: Grant = { holder: '', token: 0, until: 0, ...grant, asked: { holder: this.#holder, until } };
        if (await this.#store.compareAndSet(BUCKET, this.#name, version, next, null)) return;
      }
    });
  }

  /** Lets the next one take it at once. Without it, it ends by itself. */
  async release(): Promise<void> {
    await this.#turns.take(async () => {
      const token = this.#token;
      this.#lose();
      if (token === null) return;
      const { grant, version } = await this.#read();
      if (grant !== null && this.#isMine(grant, token)) await this.#store.compareAndSet(BUCKET, this.#name, version, { ...grant, until: 0 }, null);
    });
  }

  async #extend(): Promise<Holding | null> {
    const token = this.#token;
    if (token === null) return null;
    const until = this.#clock.now() + this.#ttlMs;
    const { grant, version } = await this.#read();
    this.#isAskedFor = grant !== null && this.#isAnothers(grant);
    const mine = grant !== null && this.#isMine(grant, token) && (await this.#store.compareAndSet(BUCKET, this.#name, version, { ...grant, until }, null));
    return mine ? this.#hold(token, until) : this.#lose();
  }

  async #take(): Promise<Holding | null> {
    const now = this.#clock.now();
    const { grant, version } = await this.#read();
    if (grant !== null && grant.until > now && !this.#hasStoodStill(version)) {
      // Ours already: it was stored, but the answer never came.
      return grant.holder === this.#holder ? this.#hold(grant.token, grant.until) : null;
    }
    if (grant !== null && this.#isAnothers(grant)) return null;
    const next: Grant = { holder: this.#holder, token: (grant?.token ?? 0) + 1, until: now + this.#ttlMs };
    return (await this.#store.compareAndSet(BUCKET, this.#name, version, next, null)) ? this.#hold(next.token, next.until) : null;
  }

  /**
   * Whether nobody has renewed it for longer than it lasts, by a clock that never jumps: after the wall clock was put back, the lease of
   * a holder that died would otherwise keep everybody waiting for as long as that.
   */
  #hasStoodStill(version: number | null): boolean {
    const now = performance.now();
    if (this.#seen?.version !== version) this.#seen = { version, since: now };
    return now - this.#seen.since > this.#ttlMs;
  }

  async #read(): Promise<{ readonly grant: Grant | null; readonly version: number | null }> {
    const entry = await this.#store.get(BUCKET, this.#name);
    return { grant: (entry?.value ?? null) as Grant | null, version: entry?.version ?? null };
  }

  #isMine({ holder, token }: Grant, mine: number): boolean {
    return holder === this.#holder && token === mine;
  }

  /** Whether another has asked for it, and not too long ago. */
  #isAnothers({ asked }: Grant): boolean {
    return asked !== undefined && asked.holder !== this.#holder && asked.until > this.#clock.now();
  }

  #hold(token: number, until: number): Holding {
    this.#token = token;
    this.#until = until;
    return { token };
  }

  #lose(): null {
    this.#token = null;
    this.#until = 0;
    this.#isAskedFor = false;
    return null;
  }
}
