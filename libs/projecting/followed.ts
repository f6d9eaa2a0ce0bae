import { CollectionReplaced, type DocumentStore } from '@rolebook/document-store';
import { Turns } from '@rolebook/kernel';
import type { Spells } from '@rolebook/spells';
import type { BatchSpans } from './batch-spans';
import { ParkedStreams } from './parked-streams';
import { Perseverance } from './perseverance';
import type { Delivery, ParkedStream, ReadModel } from './read-model';

/** Some events in a row, and the position that a read model has come to with them: of the last event, which may be none of these. */
export interface Batch {
  readonly deliveries: readonly Delivery[];
  readonly last: number;
  readonly spans: BatchSpans;
}

/** Events applied at once, where several batches wait: some milliseconds of work. */
const APPLIED_AT_ONCE = 250;
/** Events that may wait for one read model before the log is read no further: a few megabytes. */
const MOST_WAITING = 1_000;

interface Parts {
  readonly documents: Pick<DocumentStore, 'open'>;
  /** See `Projector`. */
  readonly checkpointEvery: number;
  readonly work: Spells;
  readonly onParked: (stream: ParkedStream) => void;
  readonly onTrouble: (error: Error) => void;
  /** It shows more than before. */
  readonly onAdvance: () => void;
}

/**
 * One read model on its way along the log, at its own pace: what comes while it is at work is its next batch, however much that is, and
 * no other read model waits for it. A store that is away is waited for.
 */
export class Followed {
  /** Position up to which it reflects the log. */
  position: number;
  private waiting: Batch[] = [];
  private events = 0;
  private atWork = false;
  private stopped = false;
  private readonly turns = new Turns();
  private readonly roomFor = new Set<() => void>();
  private readonly perseverance: Perseverance;
  /** It failed: what it has of its collections in memory, and which they are, is opened anew before it goes on. */
  private inDoubt = false;
  /** What its own checkpoint says; events after it up to `position` do not concern it. */
  private stored: number;

  private constructor(private readonly model: ReadModel, private parking: ParkedStreams, position: number, private readonly parts: Parts) {
    this.position = this.stored = position;
    this.perseverance = new Perseverance(parts.onTrouble);
  }

  /** Opens the read model. Rejects where the store is away. */
  static async open(model: ReadModel, parts: Parts): Promise<Followed> {
    const { parking, position } = await opened(model, parts);
    return new Followed(model, parking, position, parts);
  }

  get inBackground(): boolean { return this.model.inBackground ?? false; }

  /** Why it does not get on at the moment; `null` where it does. */
  get failure(): Error | null { return this.perseverance.failure; }

  get parked(): readonly ParkedStream[] { return this.parking.list; }

  /** Takes a batch, to be applied after those before it. What it reflects already is passed over. */
  deliver(batch: Batch): void {
    this.waiting.push(batch);
    this.events += batch.deliveries.length;
    if (!this.atWork) void this.work();
  }

  /** Resolves when so few events wait here that more may come, or when it is stopped. */
  async room(): Promise<void> {
    while (this.events > MOST_WAITING && !this.stopped) await new Promise<void>((resolve) => this.roomFor.add(resolve));
  }

  /** Runs work on the read model between two batches, so that neither overwrites the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.turns.take(work);
  }

  /** Once this resolves, nothing is written any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.perseverance.callOff();
    this.makeRoom();
    await this.turns.over();
  }

  private async work(): Promise<void> {
    this.atWork = true;
    while (this.waiting.length > 0 && !this.stopped) {
      await this.exclusively(() => this.applyNext());
      this.parts.onAdvance();
    }
    this.atWork = false;
  }

  private async applyNext(): Promise<void> {
    await this.parts.work.turn(); // after those who are about to append: it takes them along
    const batches = this.takeNext();
    const deliveries = batches.flatMap((batch) => batch.deliveries);
    const last = batches.at(-1)?.last ?? this.position;
    const succeeded = await this.perseverance.until(() => this.bringUp(deliveries, last).catch((error: unknown) => {
      for (const { spans } of batches) spans.again();
      throw error;
    }));
    if (succeeded) for (const { spans } of batches) spans.shown();
    this.events -= deliveries.length;
    this.makeRoom();
  }

  /** As many of the waiting batches as may be applied at once; one at least. */
  private takeNext(): Batch[] {
    let events = 0;
    const over = this.waiting.findIndex(({ deliveries }, n) => (events += deliveries.length) > APPLIED_AT_ONCE && n > 0);
    return this.waiting.splice(0, over < 0 ? this.waiting.length : over);
  }

  private async bringUp(deliveries: readonly Delivery[], last: number): Promise<void> {
    const ahead = deliveries.filter(({ stored }) => stored.position > this.position);
    if (last <= this.position) return;
    if (last - this.stored >= this.parts.checkpointEvery || concern(this.model, ahead)) {
      await this.applied(ahead, last);
      this.stored = last;
    }
    await this.parking.passed(last);
    this.position = last;
  }

  /**
   * Where the read model was made anew meanwhile, what was read of the old one is void, and which streams are parked is another matter. Any
   * other failure may come of that too: one opened in the moment in which its collections were replaced has some of the old and some of the new.
   */
  private async applied(deliveries: readonly Delivery[], checkpoint: number): Promise<void> {
    for (;;) {
      try {
        if (this.inDoubt) this.parking = (await opened(this.model, this.parts)).parking;
        this.inDoubt = false;
        return await this.model.apply(deliveries, checkpoint, this.parking);
      } catch (error) {
        this.inDoubt = true;
        if (!(error instanceof CollectionReplaced)) throw error;
      }
    }
  }

  private makeRoom(): void {
    for (const resolve of this.roomFor) resolve();
    this.roomFor.clear();
  }
}

async function opened(model: ReadModel, { documents, onParked }: Parts): Promise<{ readonly parking: ParkedStreams; readonly position: number }> {
  const position = await model.open(documents);
  return { position, parking: await ParkedStreams.open(documents, model.name, position, onParked) };
}

/** Whether a read model makes something of any of these, if only that it parks a stream. */
function concern({ rebuild: { handles } }: ReadModel, deliveries: readonly Delivery[]): boolean {
  return handles === '*' || deliveries.some(({ recorded }) => recorded instanceof Error || handles.has(recorded.event.type));
}
