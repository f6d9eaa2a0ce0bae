import type { DocumentStore } from '@rolebook/document-store';
import type { EventCodec } from '@rolebook/event-sourcing';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { Turns } from '@rolebook/kernel';
import { spells, type Spells } from '@rolebook/spells';
import { startBatchSpans } from './batch-spans';
import { Followed, type Batch } from './followed';
import { LogFollower } from './log-follower';
import { Perseverance } from './perseverance';
import type { ParkedStream, ReadModel } from './read-model';

/** How one read model is doing. */
export interface ReadModelStatus {
  readonly name: string;
  readonly position: number;
  readonly parked: readonly ParkedStream[];
}

interface Waiter {
  readonly position: number;
  readonly of: readonly string[] | undefined;
  readonly done: (answer: boolean) => void;
}

/**
 * The projecting loop: follows the log and keeps the read models, each at its own pace. Ordered; idempotent; checkpoint after the documents, never before.
 * An event that cannot be applied parks its stream for that read model alone: the others go on, and {@link status} shows it.
 * A store that is away is waited for: nothing is skipped, nothing parked.
 */
export class Projector {
  /** By their names. */
  private followed: ReadonlyMap<string, Followed> = new Map();
  /** Position of the last event that the read models were given. */
  private given = 0;
  /** One batch at a time is read, also where the log is followed anew while the last one from before is still being read. */
  private readonly intake = new Turns();
  private readonly waiters = new Set<Waiter>();
  /** In reading events and their keys. */
  private readonly perseverance: Perseverance;
  private readonly follower: LogFollower;
  private readonly work: Spells;

  constructor(
    private readonly parts: {
      readonly events: EventStore;
      readonly codec: EventCodec;
      readonly documents: DocumentStore;
      readonly readModels: readonly ReadModel[];
      /**
       * So many positions may a read model's checkpoint be behind while nothing that happens concerns it, since a transaction of its own that only says
       * so is dear; a restart then goes over these events again. Default 0: where other processes look at the checkpoints (see `RemoteProgress`).
       */
      readonly checkpointEvery?: number;
      /** Default: those of this process. */
      readonly work?: Spells;
      /** Told of what an operator must see: a parked stream, a store that is away. */
      readonly onProblem: (message: string, details: Record<string, unknown>) => void;
    },
  ) {
    this.work = parts.work ?? spells;
    this.perseverance = new Perseverance(this.onTrouble);
    this.follower = new LogFollower(parts.events, {
      after: () => this.given,
      onEvents: (batch) => this.intake.take(() => this.give(batch)),
      onLost: this.onTrouble,
    });
  }

  /** Opens every read model and follows the log from where the furthest behind has come to. Rejects where a store is away. */
  async start(): Promise<void> {
    const { documents, readModels, checkpointEvery = 0, onProblem } = this.parts;
    const { work } = this;
    const followed = new Map<string, Followed>();
    for (const model of readModels) {
      followed.set(model.name, await Followed.open(model, {
        documents, checkpointEvery, work, onTrouble: this.onTrouble, onAdvance: () => this.tellWaiters(),
        onParked: (stream) => onProblem('a read model has parked a stream', { readModel: model.name, ...stream }),
      }));
    }
    this.followed = followed;
    this.given = this.position;
    await this.follower.start();
  }

  /** Position up to which every read model reflects the log; 0 before the start. */
  get position(): number { return this.positionOf(); }

  /** Position up to which these read models reflect the log; all, where none are named. 0 before the start, and for one that it does not keep. */
  positionOf(names?: readonly string[]): number {
    if (this.followed.size === 0) return 0;
    let least = Infinity;
    if (names === undefined) for (const { position } of this.followed.values()) least = Math.min(least, position);
    else for (const name of names) least = Math.min(least, this.followed.get(name)?.position ?? 0);
    return least;
  }

  /** `failure`: why it does not get on at the moment, if it does not. */
  status(): { readonly failure: string | null; readonly readModels: readonly ReadModelStatus[] } {
    return {
      failure: this.failures[0]?.message ?? null,
      readModels: Array.from(this.followed, ([name, { position, parked }]) => ({ name, position, parked })),
    };
  }

  /** Whether the read models, or those that are named, reflect the log up to a position, waiting for it at most so many milliseconds. */
  async caughtUp(position: number, withinMs: number, of?: readonly string[]): Promise<boolean> {
    if (this.positionOf(of) >= position) return true;
    return new Promise((resolve) => {
      const done = (answer: boolean) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve(answer);
      };
      const waiter: Waiter = { position, of, done };
      const timer = setTimeout(() => done(false), withinMs);
      this.waiters.add(waiter);
    });
  }

  /** Runs work on a read model between two of its batches, so that neither overwrites the other. @throws {Error} where it keeps no such read model */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    const followed = this.followed.get(name);
    return followed ? followed.exclusively(work) : Promise.reject(new Error(`${name} is not followed`));
  }

  /** Once this resolves, nothing is written any more, and nobody waits. */
  async stop(): Promise<void> {
    this.perseverance.callOff();
    const stopped = Array.from(this.followed.values(), (followed) => followed.stop());
    await this.follower.stop();
    await this.intake.over();
    await Promise.all(stopped);
    for (const waiter of this.waiters) waiter.done(false);
  }

  /** Gives a batch to every read model, decoded once, and waits until none of them has too much before it. */
  private async give(batch: readonly LoggedEvent[]): Promise<void> {
    const ahead = batch.filter(({ position }) => position > this.given);
    const last = ahead.at(-1);
    if (!last) return;
    await this.perseverance.until(async () => {
      const decoded = await this.parts.codec.decodeEach(ahead);
      const deliveries = ahead.flatMap((stored, n) => (decoded[n] ? [{ stored, recorded: decoded[n] }] : []));
      const spans = startBatchSpans(deliveries, this.followed.size);
      this.given = last.position;
      this.deliver({ deliveries, last: last.position, spans });
    });
    await Promise.all(Array.from(this.followed.values(), (followed) => followed.room()));
  }

  /**
   * To those in the background two turns of the event loop later: where threads share a processor, what is written for them would keep
   * a request waiting that waits for another, and whose answer may be there with the next turn.
   */
  private deliver(batch: Batch): void {
    const later: Followed[] = [];
    for (const followed of this.followed.values()) {
      if (followed.inBackground) later.push(followed);
      else followed.deliver(batch);
    }
    if (later.length > 0) setImmediate(() => setImmediate(() => { for (const followed of later) followed.deliver(batch); }));
  }

  /** In spells: every one of them answers a request then. */
  private tellWaiters(): void {
    for (const waiter of this.waiters) {
      if (this.positionOf(waiter.of) < waiter.position) continue;
      this.waiters.delete(waiter);
      this.work.goOn(() => waiter.done(true));
    }
  }

  private get failures(): readonly Error[] {
    return [this.perseverance, this.follower, ...this.followed.values()].flatMap(({ failure }) => failure ?? []);
  }

  /** Whatever is away is mostly away for several at once: it is told of once. */
  private readonly onTrouble = (error: Error): void => {
    if (this.failures.length < 2) this.parts.onProblem('the projecting loop cannot go on for now', { error: error.message });
  };
}
