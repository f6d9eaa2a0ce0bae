import type { Collection, DocumentStore } from '@rolebook/document-store';
import type { EventStore, LoggedEvent, Subscription } from '@rolebook/event-store';
import type { EventCodec } from '@rolebook/event-sourcing';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import type { Delivery, ReadModel } from './read-model';

interface ParkedDocument extends Document {
  readonly readModel: string;
  readonly stream: string;
  readonly position: number;
  readonly error: string;
}

const PARKED: CollectionSpec = { name: 'parked-streams-1', indexes: [['readModel']] };

/** How one read model is doing. */
export interface ReadModelStatus {
  readonly name: string;
  readonly position: number;
  readonly parked: readonly { readonly stream: string; readonly position: number; readonly error: string }[];
}

interface Followed {
  readonly model: ReadModel;
  position: number;
  readonly parked: Map<string, ParkedDocument>;
}

interface Waiter {
  readonly position: number;
  readonly wake: () => void;
}

/**
 * The projecting loop: follows the log and keeps the read models. Ordered; idempotent; checkpoint after the documents, never before.
 * An event that cannot be applied parks its stream for that read model alone: the others go on, and {@link status} shows it.
 */
export class Projector {
  private readonly followed: Followed[];
  private readonly waiters = new Set<Waiter>();
  private subscription: Subscription | null = null;
  private parkedStreams: Collection<ParkedDocument> | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private failure: Error | null = null;

  constructor(
    private readonly parts: {
      readonly events: EventStore;
      readonly codec: EventCodec;
      readonly documents: DocumentStore;
      readonly readModels: readonly ReadModel[];
      /** Told of what an operator must see: a parked stream, an ended subscription. */
      readonly onProblem: (message: string, details: Record<string, unknown>) => void;
    },
  ) {
    this.followed = parts.readModels.map((model) => ({ model, position: 0, parked: new Map() }));
  }

  /** Opens every read model and follows the log from where the furthest behind has come to. */
  async start(): Promise<void> {
    const { documents, events, onProblem } = this.parts;
    this.parkedStreams = await documents.open<ParkedDocument>(PARKED);
    for (const followed of this.followed) {
      followed.position = await followed.model.open(documents);
      const parked = await this.parkedStreams.find({ where: { readModel: followed.model.name }, limit: 10_000 });
      for (const document of parked) followed.parked.set(document.stream, document);
    }
    this.subscription = await events.subscribe({
      after: this.position,
      onEvents: (batch) => this.exclusively(() => this.apply(batch)),
      onEnd: (reason) => {
        this.failure = reason;
        onProblem('the projecting loop has ended', { error: reason.message });
      },
    });
  }

  /** Position up to which every read model reflects the log. */
  get position(): number {
    return this.followed.reduce((least, { position }) => Math.min(least, position), Number.MAX_SAFE_INTEGER);
  }

  status(): { readonly failure: string | null; readonly readModels: readonly ReadModelStatus[] } {
    return {
      failure: this.failure?.message ?? null,
      readModels: this.followed.map(({ model, position, parked }) => ({ name: model.name, position, parked: [...parked.values()] })),
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
      const waiter: Waiter = { position, wake: () => done(true) };
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

  async stop(): Promise<void> {
    await this.subscription?.stop();
    await this.turn;
  }

  private async apply(batch: readonly LoggedEvent[]): Promise<void> {
    const last = batch.at(-1);
    if (!last) return;
    const deliveries = await this.decode(batch);
    await Promise.all(this.followed.map((followed) => this.applyTo(followed, deliveries, last.position)));
    for (const waiter of this.waiters) if (this.position >= waiter.position) waiter.wake();
  }

  private async applyTo(followed: Followed, deliveries: readonly Delivery[], checkpoint: number): Promise<void> {
    const ahead = deliveries.filter(({ stored }) => stored.position > followed.position);
    if (ahead.length === 0) return;
    const newlyParked = await followed.model.apply(ahead, checkpoint, new Set(followed.parked.keys()));
    for (const parked of newlyParked) await this.park(followed, parked);
    followed.position = checkpoint;
  }

  private async park(followed: Followed, parked: { readonly stream: string; readonly position: number; readonly error: string }): Promise<void> {
    const document: ParkedDocument = { id: `${followed.model.name}/${parked.stream}`, readModel: followed.model.name, ...parked };
    followed.parked.set(parked.stream, document);
    await this.parkedStreams?.write([{ id: document.id, document, position: parked.position }]);
    this.parts.onProblem('a read model has parked a stream', { readModel: followed.model.name, ...parked });
  }

  /** Decodes a batch; where that fails, event by event, so that one poison event spoils no other. */
  private async decode(batch: readonly LoggedEvent[]): Promise<Delivery[]> {
    const { codec } = this.parts;
    try {
      const recorded = await codec.decode(batch);
      return batch.map((stored, i) => ({ stored, recorded: recorded[i] ?? null }));
    } catch {
      return Promise.all(batch.map(async (stored) => ({ stored, recorded: await codec.decode([stored]).then(([one]) => one ?? null, () => null) })));
    }
  }
}
