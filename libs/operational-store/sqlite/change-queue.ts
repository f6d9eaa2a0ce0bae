import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { spells } from '@rolebook/spells';
import { spawnWorker } from '@rolebook/worker';
import { OperationalStoreUnavailable } from '../port';
import type { Change } from './operational-database';
import type { Outcome } from './operational.worker';

/** So many changes share a transaction at most: nobody waits long for the others. */
const GROUP = 500;

interface Waiting {
  readonly change: Change;
  readonly resolve: (made: boolean) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Changes on their way to the writer's thread. One group is under way at a time; what comes meanwhile is the next group,
 * so many callers share an fsync and a single one waits for nobody.
 */
export class ChangeQueue {
  readonly #worker: Worker;
  #waiting: Waiting[] = [];
  #underWay: readonly Waiting[] | null = null;
  #scheduled = false;
  #gone: OperationalStoreUnavailable | null = null;
  #closed: (() => void) | null = null;

  constructor(file: string) {
    this.#worker = spawnWorker(join(__dirname, 'operational.worker'), { workerData: { file } });
    this.#worker.on('message', (outcome: Outcome) => this.#settle(outcome));
    this.#worker.on('error', (cause: Error) => this.#end(new OperationalStoreUnavailable(`the operational store failed: ${cause.message}`, 1, { cause })));
    this.#worker.on('exit', () => this.#end(new OperationalStoreUnavailable('the operational store is closed')));
  }

  /** @throws {OperationalStoreUnavailable} where it could not be stored, or nobody knows whether it was */
  make(change: Change): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) return reject(this.#gone);
      this.#waiting.push({ change, resolve, reject });
      this.#schedule();
    });
  }

  /** Rejects where the thread is gone. */
  assertOpen(): void {
    if (this.#gone !== null) throw this.#gone;
  }

  /** Finishes what was asked for, then ends the thread. */
  async close(): Promise<void> {
    if (this.#gone !== null) return;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      this.#schedule();
    });
    await this.#worker.terminate();
  }

  /** Sends once this turn of the event loop is over, and after what was to be done before: all who ask meanwhile travel together. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay !== null) return;
    this.#scheduled = true;
    setImmediate(() => spells.begin(() => {
      this.#scheduled = false;
      this.#send();
    }));
  }

  #send(): void {
    if (this.#gone !== null || this.#underWay !== null) return;
    if (this.#waiting.length === 0) {
      if (this.#closed !== null) this.#worker.postMessage(null);
      return;
    }
    this.#underWay = this.#waiting.splice(0, GROUP);
    this.#worker.postMessage(this.#underWay.map(({ change }) => change));
  }

  #settle(outcome: Outcome): void {
    if (outcome === null) return this.#end(new OperationalStoreUnavailable('the operational store is closed'));
    const group = this.#underWay ?? [];
    this.#underWay = null;
    this.#send();
    group.forEach(({ resolve, reject }, at) => {
      if ('failure' in outcome) reject(new OperationalStoreUnavailable(`operational state cannot be stored: ${outcome.failure}`));
      else spells.goOn(() => resolve(outcome.made[at] ?? false));
    });
  }

  #end(reason: OperationalStoreUnavailable): void {
    this.#gone ??= reason;
    for (const { reject } of [...(this.#underWay ?? []), ...this.#waiting]) reject(this.#gone);
    this.#underWay = null;
    this.#waiting = [];
    this.#closed?.();
  }
}
