import { CollectionReplaced, type DocumentStore } from '@rolebook/document-store';
import type { EventCodec } from '@rolebook/event-sourcing';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { startBatchSpans } from './batch-spans';
import { LogFollower } from './log-follower';
import { ParkedStreams } from './parked-streams';
import { Perseverance } from './perseverance';
import type { Delivery, ParkedStream, ReadModel } from './read-model';

/** Waiting requests that are told in one turn of the event loop that the read models show what they wait for. */
const TOLD_AT_ONCE = 8;

/** How one read model is doing. */
export interface ReadModelStatus {
  readonly name: string;
  readonly position: number;
  readonly parked: readonly ParkedStream[];
}

interface Followed {
  readonly model: ReadModel;
  parking: ParkedStreams;
  position: number;
  /** What its own checkpoint says; events after it up to `position` do not concern it. */
  stored: number;
  /** It failed: what it has of its collections in memory, and which they are, is opened anew before it goes on. */
  inDoubt: boolean;
}

interface Waiter {
  readonly position: number;
  readonly done: (answer: boolean) => void;
}

/**
 * The projecting loop: follows the log and keeps the read models. Ordered; idempotent; checkpoint after the documents, never before.
 * An event that cannot be applied parks its stream for that read model alone: the others go on, and {@link status} shows it.
 * A store that is away is waited for: nothing is skipped, nothing parked.
 */
export class Projector {
  private followed: readonly Followed[] = [];
  private readonly waiters = new Set<Waiter>();
  private readonly perseverance: Perseverance;
  private readonly follower: LogFollower;
  private turn: Promise<unknown> = Promise.resolve();

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
      /** Told of what an operator must see: a parked stream, a store that is away. */
      readonly onProblem: (message: string, details: Record<string, unknown>) => void;
    },
  ) {
    const onTrouble = (error: Error) => parts.onProblem('the projecting loop cannot go on for now', { error: error.message });
    this.perseverance = new Perseverance(onTrouble);
    this.follower = new LogFollower(parts.events, {
      after: () => this.position,
      onEvents: async (batch) => { await this.exclusively(() => this.perseverance.until(() => this.apply(batch))); },
      onLost: onTrouble,
    });
  }

  /** Opens every read model and follows the log from where the furthest behind has come to. Rejects where a store is away. */
  async start(): Promise<void> {
    const followed: Followed[] = [];
    for (const model of this.parts.readModels) {
      const opened = await this.opened(model);
      followed.push({ model, ...opened, stored: opened.position, inDoubt: false });
    }
    this.followed = followed;
    await this.follower.start();
  }

  /** Position up to which every read model reflects the log; 0 before the start. */
  get position(): number {
    return this.followed.length === 0 ? 0 : Math.min(...this.followed.map(({ position }) => position));
  }

  /** `failure`: why it does not get on at the moment, if it does not. */
  status(): { readonly failure: string | null; readonly readModels: readonly ReadModelStatus[] } {
    return {
      failure: (this.perseverance.failure ?? this.follower.failure)?.message ?? null,
      readModels: this.followed.map(({ model, position, parking }) => ({ name: model.name, position, parked: parking.list })),
    };
  }

  /** Whether the read models reflect the log up to a position, waiting for it at most so many milliseconds. */
  async caughtUp(position: number, withinMs: number): Promise<boolean> {
    if (this.position >= position) return true;
    return new Promise((resolve) => {
      const done = (answer: boolean) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve(answer);
      };
      const waiter: Waiter = { position, done };
      const timer = setTimeout(() => done(false), withinMs);
      this.waiters.add(waiter);
    });
  }

  /** Runs work on the read models between two batches, so that neither overwrites the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** Once this resolves, nothing is written any more, and nobody waits. */
  async stop(): Promise<void> {
    this.perseverance.callOff();
    await this.follower.stop();
    await this.turn;
    for (const waiter of this.waiters) waiter.done(false);
  }

  private async apply(batch: readonly LoggedEvent[]): Promise<void> {
    const last = batch.at(-1);
    if (!last) return;
    const decoded = await this.parts.codec.decodeEach(batch);
    const deliveries = batch.flatMap((stored, n) => (decoded[n] ? [{ stored, recorded: decoded[n] }] : []));
    const end = startBatchSpans(deliveries);
    try {
      await this.bringUp(deliveries, last.position);
      end(false);
    } catch (error) {
      end(true);
      throw error;
    }
    await this.tellWaiters();
  }

  private async opened(model: ReadModel): Promise<Pick<Followed, 'parking' | 'position'>> {
    const position = await model.open(this.parts.documents);
    const parking = await ParkedStreams.open(this.parts.documents, model.name, position, (stream) =>
      this.parts.onProblem('a read model has parked a stream', { readModel: model.name, ...stream }));
    return { position, parking };
  }

  /**
   * Where the read model was made anew meanwhile, what was read of the old one is void, and which streams are parked is another matter. Any
   * other failure may come of that too: one opened in the moment in which its collections were replaced has some of the old and some of the new.
   */
  private async applied(followed: Followed, deliveries: readonly Delivery[], checkpoint: number): Promise<void> {
    for (;;) {
      try {
        if (followed.inDoubt) followed.parking = (await this.opened(followed.model)).parking;
        followed.inDoubt = false;
        return await followed.model.apply(deliveries, checkpoint, followed.parking);
      } catch (error) {
        followed.inDoubt = true;
        if (!(error instanceof CollectionReplaced)) throw error;
      }
    }
  }

  /** A few in each turn of the event loop: every one of them answers a request then. */
  private async tellWaiters(): Promise<void> {
    const satisfied = [...this.waiters].filter(({ position }) => this.position >= position);
    for (let n = 0; n < satisfied.length; n += TOLD_AT_ONCE) {
      if (n > 0) await new Promise(setImmediate);
      for (const waiter of satisfied.slice(n, n + TOLD_AT_ONCE)) waiter.done(true);
    }
  }

  /** Where one read model fails, the others come to their end first: tried again, none must meet itself still at work. */
  private async bringUp(deliveries: readonly Delivery[], checkpoint: number): Promise<void> {
    const work = this.followed.map(async (followed) => {
      const ahead = deliveries.filter(({ stored }) => stored.position > followed.position);
      if (ahead.length === 0) return;
      if (checkpoint - followed.stored >= (this.parts.checkpointEvery ?? 0) || concern(followed.model, ahead)) {
        await this.applied(followed, ahead, checkpoint);
        followed.stored = checkpoint;
      }
      await followed.parking.passed(checkpoint);
      followed.position = checkpoint;
    });
    await Promise.allSettled(work);
    await Promise.all(work);
  }
}

/** Whether a read model makes something of any of these, if only that it parks a stream. */
function concern({ rebuild: { handles } }: ReadModel, deliveries: readonly Delivery[]): boolean {
  return handles === '*' || deliveries.some(({ recorded }) => recorded instanceof Error || handles.has(recorded.event.type));
}
