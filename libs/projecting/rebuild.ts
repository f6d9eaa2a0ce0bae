import type { DocumentStore } from '@rolebook/document-store';
import type { EventCodec } from '@rolebook/event-sourcing';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { UnreadableEvent } from '@rolebook/event-sourcing';
import { createHash } from 'node:crypto';
import { FoldingStore } from './folding-store';
import { ParkedStreams } from './parked-streams';
import type { Delivery, ParkedStream, Parking, ReadModel } from './read-model';

/** What came of a rebuild. */
export interface Rebuilt {
  readonly name: string;
  /** Position of the log that it reflects. */
  readonly position: number;
  /** Events that were read; each part of the log that was gone through anew counts once. */
  readonly events: number;
  /** By collection. */
  readonly documents: ReadonlyMap<string, number>;
  readonly parked: readonly ParkedStream[];
  readonly parts: number;
}

export interface RebuildParts {
  readonly events: Pick<EventStore, 'readAll' | 'head'>;
  readonly codec: EventCodec;
  readonly documents: DocumentStore;
  readonly onProgress?: (progress: { readonly name: string; readonly position: number; readonly head: number; readonly part: number; readonly parts: number }) => void;
  /** How much of the log is folded in memory at once; a longer one is gone through in parts. Default: 4,000,000 events, 2 to 4 GB. */
  readonly eventsAtOnce?: number;
}

const PAGE = 5_000;

/**
 * Makes a read model anew from the log, beside the one that is there, and puts it in that one's place: whoever reads sees all of the old one
 * or all of the new. Folds in memory and writes in bulk, indexes last. Nobody else may follow the log into the same read model meanwhile.
 * @throws {Error} where the log changed under it, or what was stored is not what was folded: the old one then stays
 */
export async function rebuildReadModel(model: ReadModel, parts: RebuildParts): Promise<Rebuilt> {
  return new Rebuild(model, parts).run();
}

class Rebuild {
  private readonly parking = new ParkedInMemory();
  private events = 0;

  constructor(private readonly model: ReadModel, private readonly parts: RebuildParts) {}

  async run(): Promise<Rebuilt> {
    const { model, parts: { documents, events, eventsAtOnce = 4_000_000 } } = this;
    const head = await events.head();
    const store = new FoldingStore(documents, model.rebuild.writtenOnce);
    const count = model.rebuild.partOf === null ? 1 : Math.max(1, Math.ceil(head / eventsAtOnce));
    await model.open(store);
    let first: string | null = null;
    for (let part = 0; part < count; part++) {
      const seen = await this.fold(head, part, count);
      first ??= seen;
      if (seen !== first) throw new Error(`${model.name}: the log was not the same when it was read again`);
      await store.flush();
    }
    const counts = await store.finish(head, model.checkpointIn.name);
    await this.verify(head);
    await this.keepParked(head);
    return { name: model.name, position: head, events: this.events, documents: counts, parked: this.parking.list, parts: count };
  }

  /** @returns a digest of the log as it was read: ids and positions in order */
  private async fold(head: number, part: number, parts: number): Promise<string> {
    const { events, onProgress } = this.parts;
    const digest = createHash('sha256');
    let next = events.readAll({ after: 0, limit: PAGE });
    for (let position = 0; position < head;) {
      const page = await next;
      const last = page.at(-1);
      if (!last) throw new Error(`the log ends at ${position} and not at ${head}`);
      next = events.readAll({ after: last.position, limit: PAGE });
      next.catch(() => undefined);
      const batch = last.position <= head ? page : page.filter((event) => event.position <= head);
      for (const { id, position: at } of batch) digest.update(`${at}${id}`);
      await this.apply(batch, part, parts);
      position = last.position;
      this.events += batch.length;
      onProgress?.({ name: this.model.name, position: Math.min(position, head), head, part: part + 1, parts });
    }
    return digest.digest('hex');
  }

  private async apply(batch: readonly LoggedEvent[], part: number, parts: number): Promise<void> {
    const { handles } = this.model.rebuild;
    const handled = handles === '*' ? batch : batch.filter(({ type }) => handles.has(type));
    const last = batch.at(-1);
    if (handled.length === 0 || !last) return;
    const decoded = await this.parts.codec.decodeEachLazily(handled);
    const deliveries: Delivery[] = [];
    handled.forEach((stored, n) => {
      const recorded = decoded[n] as Delivery['recorded'];
      if (parts === 1 || this.isIn(part, parts, recorded)) deliveries.push({ stored, recorded });
    });
    await this.model.apply(deliveries, last.position, this.parking);
  }

  /** What cannot be read, or says not where it belongs, parks its stream whichever part that is in. */
  private isIn(part: number, parts: number, recorded: Delivery['recorded']): boolean {
    const { partOf } = this.model.rebuild;
    if (recorded instanceof UnreadableEvent || partOf === null) return true;
    try {
      return slot(partOf(recorded), parts) === part;
    } catch {
      return true;
    }
  }

  private async verify(head: number): Promise<void> {
    const stored = await (await this.parts.documents.open(this.model.checkpointIn)).checkpoint();
    if (stored !== head) throw new Error(`${this.model.name}: the new one reflects the log up to ${stored} and not to ${head}`);
  }

  private async keepParked(head: number): Promise<void> {
    const parked = await ParkedStreams.open(this.parts.documents, this.model.name, 0, () => undefined);
    // All that was parked before is in doubt, and turned out well unless it was parked again.
    if (this.parking.list.length > 0) await parked.park(this.parking.list);
    await parked.passed(head);
  }
}

/** The streams that a rebuild parks; stored at its end. */
class ParkedInMemory implements Parking {
  private readonly streams = new Map<string, ParkedStream>();

  get list(): readonly ParkedStream[] { return [...this.streams.values()]; }
  at(stream: string): number | undefined { return this.streams.get(stream)?.position; }

  async park(streams: readonly ParkedStream[]): Promise<void> {
    for (const stream of streams) this.streams.set(stream.stream, stream);
  }
}

/** Which part a key is in (FNV-1a, 32 bits). */
function slot(key: string, parts: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % parts;
}
