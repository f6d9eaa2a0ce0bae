import { LEASE_RENEW_MS, type Holding, type Lease } from './lease';

/**
 * Works only while a lease is held, and stands by while another holds it. When a holder vanishes, the next one works after at
 * most {@link LEASE_TTL_MS} and {@link LEASE_RENEW_MS} together, 4 s; when it stops in order, after the latter.
 */
export class LeaseKeeper {
  readonly #lease: Lease;
  readonly #work: (holding: Holding, lost: AbortSignal) => Promise<void>;
  readonly #onProblem: (problem: unknown) => void;
  readonly #renewMs: number;
  #ticking: Promise<void> = Promise.resolve();
  #next: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #working: { readonly token: number; readonly abort: AbortController; readonly done: Promise<void> } | null = null;
  #running = false;

  /**
   * @param options.work goes on until the signal is aborted, and then ends soon. Where it ends before, or fails, the lease is
   *   given up and asked for anew
   * @param options.onProblem told of work that failed, and of a store that does not answer
   */
  constructor(options: {
    readonly lease: Lease;
    readonly work: (holding: Holding, lost: AbortSignal) => Promise<void>;
    readonly onProblem: (problem: unknown) => void;
    readonly renewMs?: number;
  }) {
    this.#lease = options.lease;
    this.#work = options.work;
    this.#onProblem = options.onProblem;
    this.#renewMs = options.renewMs ?? LEASE_RENEW_MS;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#ticking = this.#tick();
  }

  /** Ends the work, waits for it, and lets another take over at once. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#next);
    clearTimeout(this.#deadline);
    this.#working?.abort.abort();
    await this.#ticking;
    await this.#working?.done;
    await this.#lease.release().catch(this.#onProblem);
  }

  async #tick(): Promise<void> {
    await this.#lease.acquire().catch(this.#onProblem);
    if (!this.#running) return;
    this.#follow();
    if (this.#lease.isAskedFor) await this.#makeWay();
    // Asked again from the moment this was answered: a slow store is not asked faster than it answers.
    this.#next = setTimeout(() => {
      this.#ticking = this.#tick();
    }, this.#renewMs);
  }

  /** Another has asked for the lease: it is let in once the work has ended. */
  async #makeWay(): Promise<void> {
    this.#working?.abort.abort();
    await this.#working?.done;
    await this.#lease.release().catch(this.#onProblem);
  }

  /** Brings the work in line with the lease. Also when it runs out, since a renewal may still be waiting for its answer then. */
  #follow(): void {
    const held = this.#lease.held;
    if (this.#working !== null && this.#working.token !== held?.token) this.#working.abort.abort();
    if (this.#working === null && held !== null && this.#running) this.#begin(held);
    clearTimeout(this.#deadline);
    if (held !== null) this.#deadline = setTimeout(() => this.#follow(), this.#lease.remainingMs);
  }

  #begin(holding: Holding): void {
    const abort = new AbortController();
    const done = this.#run(holding, abort.signal);
    this.#working = { token: holding.token, abort, done };
  }

  async #run(holding: Holding, lost: AbortSignal): Promise<void> {
    try {
      await this.#work(holding, lost);
    } catch (error) {
      this.#onProblem(error);
    }
    if (!lost.aborted) await this.#lease.release().catch(this.#onProblem);
    this.#working = null;
  }
}
