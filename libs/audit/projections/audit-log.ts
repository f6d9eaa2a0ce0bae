import type { DocumentStore, Collection, DocumentWrite } from '@rolebook/document-store';
import { UnreadableEvent } from '@rolebook/event-sourcing';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import type { Delivery, ReadModel } from '@rolebook/projecting';
import { LRUCache } from 'lru-cache';
import { eventLeafHash } from '../proof';
import { TileEdge, type TileDocument } from './merkle-tiles';

/**
 * Where an event of the log stands in its business's history, and what it is found by. It holds no personal data: the event
 * itself is read from the log, and decoded, when somebody looks. So erasing a person changes nothing here.
 */
export interface AuditDocument extends Document {
  /** The event's id. */
  readonly id: string;
  /** Empty for what belongs to no business, such as a sign-in for a business that does not exist: a history of its own, which nobody can ask for. */
  readonly businessId: string;
  readonly position: number;
  /** Place in the business's history, from 0, without gaps: the leaf of the Merkle tree. */
  readonly leafIndex: number;
  /** As the log said it when the leaf was made. */
  readonly recordedAt: string;
  /** Time and leaf, see {@link momentOf}: sorts as the history does. */
  readonly moment: string;
  /** The user's id, or `system`, or `anonymous`. */
  readonly actor: string;
  /** Whom it is about. */
  readonly user: string | null;
  readonly action: string;
}

/** How far the history of a business has come. */
export interface AuditHeadDocument extends Document {
  /** The business's. */
  readonly id: string;
  /** Always true: lets all be listed by an index. */
  readonly exists: true;
  /** Number of leaves. */
  readonly size: number;
  readonly position: number;
  /** Time of the last entry, never less than that of one before. */
  readonly latest: string;
}

/** `action` of an event that this version of the service does not know. Its leaf is there all the same. */
export const UNKNOWN_ACTION = 'unknown';

export const auditLog: CollectionSpec = {
  name: 'audit-1',
  indexes: [
    ['businessId', 'moment'],
    ['businessId', 'action', 'moment'],
    ['businessId', 'actor', 'action', 'moment'],
    ['businessId', 'user', 'action', 'moment'],
    ['businessId', 'actor', 'user', 'action', 'moment'],
  ],
};
export const auditTiles: CollectionSpec = { name: 'audit-tiles-1', indexes: [] };
export const auditHeads: CollectionSpec = { name: 'audit-heads-1', indexes: [['exists']] };

/** Histories whose right edge is kept in memory, some 20 KB each. */
const EDGES_KEPT = 500;

interface History {
  size: number;
  position: number;
  latest: string;
  readonly edge: TileEdge;
}

/** How an event type reads in the audit log; `undefined` for one that is not known. */
type DefinitionOf = (type: string) => { readonly action: string; readonly user: string | null } | undefined;

/** What is listed of an event. */
interface Reading extends Pick<AuditDocument, 'businessId' | 'actor' | 'user' | 'action'> {
  readonly stored: Delivery['stored'];
}

/**
 * The audit log's read model: every event of the log, poison ones too, and the Merkle tree over each business's history.
 *
 * Three collections, written in this order: entries, tiles, heads. A head is the word that all before it is there: an event
 * up to its position has its leaf, one after it has none yet. So an interrupted batch, in whatever cuts it comes again, gives
 * every event the leaf it would have had; what was written of it before is the same, or is superseded by its position.
 */
export class AuditReadModel implements ReadModel {
  readonly name = auditLog.name;
  readonly checkpointIn = auditHeads;
  readonly inBackground = true;
  readonly rebuild = { handles: '*', looksAtSealed: false, writtenOnce: [auditLog.name] } as const;
  private readonly histories = new LRUCache<string, History>({ max: EDGES_KEPT });
  private entries!: Collection<AuditDocument>;
  private tiles!: Collection<TileDocument>;
  private heads!: Collection<AuditHeadDocument>;

  constructor(private readonly definitionOf: DefinitionOf) {}

  async open(documents: Pick<DocumentStore, 'open'>): Promise<number> {
    this.histories.clear();
    // A rebuild may be replacing them, heads last: opened first, they are never ahead of the tiles.
    this.heads = await documents.open<AuditHeadDocument>(auditHeads);
    this.tiles = await documents.open<TileDocument>(auditTiles);
    this.entries = await documents.open<AuditDocument>(auditLog);
    return this.heads.checkpoint();
  }

  /** Parks nothing: a history with a hole would prove nothing. */
  async apply(deliveries: readonly Delivery[], checkpoint: number): Promise<void> {
    const readings = deliveries.map((delivery) => this.read(delivery));
    const histories = await this.load([...new Set(readings.map(({ businessId }) => businessId))]);
    const touched = new Set<string>();
    const entries: DocumentWrite<AuditDocument>[] = [];
    for (const { stored, businessId, ...found } of readings) {
      const history = histories.get(businessId)!;
      if (stored.position <= history.position) continue;
      const entry = entryOf(stored, businessId, found, history);
      history.edge.append(eventLeafHash(stored));
      history.size++;
      history.position = stored.position;
      history.latest = later(history.latest, stored.recordedAt);
      touched.add(businessId);
      entries.push({ id: entry.id, document: entry, position: entry.position });
    }
    await this.write(entries, [...touched], histories, checkpoint);
  }

  private async write(entries: readonly DocumentWrite<AuditDocument>[], touched: readonly string[], histories: ReadonlyMap<string, History>, checkpoint: number): Promise<void> {
    const of = touched.map((businessId) => ({ businessId, history: histories.get(businessId)! }));
    try {
      if (entries.length > 0) {
        await this.entries.write(entries);
        await this.tiles.write(of.flatMap(({ businessId, history }) => history.edge.takeChanged(businessId).map((document) => ({ id: document.id, document, position: history.position }))));
      }
      await this.heads.write(of.map(({ businessId, history: { size, position, latest } }) => (
        { id: businessId, document: { id: businessId, exists: true, size, position, latest }, position })), checkpoint);
    } catch (error) {
      // What memory has is ahead of what is stored now: start again from that.
      for (const businessId of touched) this.histories.delete(businessId);
      throw error;
    }
  }

  /** What the event says of itself; where it could not be decoded, what can be read of it as stored. */
  private read({ stored, recorded: decoded }: Delivery): Reading {
    const recorded = decoded instanceof UnreadableEvent ? null : decoded;
    const [metadata, data]: [Fields, Fields] = recorded ? [{ ...recorded.metadata }, recorded.event.data] : [objectOf(stored.metadata), objectOf(stored.data)];
    const definition = this.definitionOf(recorded?.event.type ?? stored.type);
    return {
      stored,
      businessId: textOf(metadata.businessId) ?? '',
      actor: actorOf(metadata),
      user: definition?.user ? textOf(data[definition.user]) : null,
      action: definition?.action ?? UNKNOWN_ACTION,
    };
  }

  private async load(businessIds: readonly string[]): Promise<ReadonlyMap<string, History>> {
    const missing = businessIds.filter((businessId) => !this.histories.has(businessId));
    const found = new Map((await this.heads.getMany(missing)).map(({ id, document }) => [id, document]));
    const loaded = new Map<string, History>();
    for (const businessId of businessIds) {
      const history = this.histories.get(businessId) ?? (await this.restore(businessId, found.get(businessId) ?? null));
      loaded.set(businessId, history);
      this.histories.set(businessId, history);
    }
    return loaded;
  }

  private async restore(businessId: string, head: AuditHeadDocument | null): Promise<History> {
    const { size, position, latest } = head ?? { size: 0, position: 0, latest: '' };
    const tiles = await this.tiles.getMany(TileEdge.needs(businessId, size));
    const stored = new Map(tiles.flatMap(({ id, document }) => (document ? [[id, document] as const] : [])));
    return { size, position, latest, edge: TileEdge.load(businessId, size, stored) };
  }
}

function entryOf({ id, position, recordedAt }: Delivery['stored'], businessId: string, found: Pick<Reading, 'actor' | 'user' | 'action'>, { size, latest }: History): AuditDocument {
  return { id, businessId, position, leafIndex: size, recordedAt, moment: momentOf(later(latest, recordedAt), size), ...found };
}

/** The later of two times; along a history it never decreases, though a clock may. */
function later(a: string, b: string): string {
  return a > b ? a : b;
}

/**
 * Where an entry stands in its history, as a text that sorts like it: milliseconds since the epoch, then the leaf, both in base 36
 * and of fixed width. Without a leaf: where the entries of that time begin.
 * @param time RFC 3339
 */
export function momentOf(time: string, leafIndex?: number): string {
  const leaf = leafIndex === undefined ? '' : leafIndex.toString(36).padStart(10, '0');
  return `${Date.parse(time).toString(36).padStart(9, '0')}${leaf}`;
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The user's id, or what other than a user it was. */
function actorOf(metadata: Fields): string {
  const { type, id } = fields(metadata.actor);
  return (type === 'user' ? textOf(id) : textOf(type)) ?? 'system';
}

/** A stored JSON text as an object; empty where it is none, since a broken event has its leaf too. */
function objectOf(json: string): Fields {
  try {
    return fields(JSON.parse(json));
  } catch {
    return {};
  }
}
