import type { AuditEntry } from '../audit-entry';
import { formatLine, readableHash, readablePart, type EntryProof } from './export-format';
import { SEGMENT_LEVEL, SEGMENT_LINES, signSeal } from './export-seal';
import type { EventText } from './leaf';
import { CompactRange, inclusionPath, MissingMerkleNode, type MerkleNodes, type MerkleReading } from './merkle-tree';
import type { NoteSigner } from './signed-note';

export interface ExportItem {
  readonly entry: AuditEntry;
  /** As stored. A `LoggedEvent` is one. */
  readonly event: EventText;
  /** Place in the business's history, from 0. */
  readonly leafIndex: number;
}

export interface ExportDescription {
  readonly businessId: string;
  /** The history as of the export: what is exported, and proven against, is its first `size` events. */
  readonly tree: { readonly size: number; readonly rootHash: Uint8Array };
  readonly nodes: MerkleReading;
  /** The filter as a URL query, in which nothing is a space or a control character; `null` for the whole history. */
  readonly filter: string | null;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly signer: NoteSigner;
}

/**
 * Writes an NDJSON export, the lines of a page of entries at a time, each with its line feed, in flat memory: no page is
 * asked for before the lines of the one before it were taken.
 * The leaf hash in a line is the tree's, not computed anew: where the log was tampered with, the export is made all the
 * same, and verifying it says which line.
 * @param pages in the order of the history; all of it, from the first event on, where there is no filter
 * @throws {RangeError} where the items are not in that order, or not of that tree
 * @throws {MissingMerkleNode} where the nodes do not reach as far as the tree
 */
export async function* writeExport(pages: AsyncIterable<readonly ExportItem[]> | Iterable<readonly ExportItem[]>, description: ExportDescription): AsyncGenerator<readonly string[], void, void> {
  const writer = new ExportWriter(description);
  let held: ExportItem | null = null; // the last line says that it is
  for await (const page of pages) {
    const lines: string[] = [];
    for (const item of page) {
      if (held) lines.push(await writer.line(held, false));
      held = item;
    }
    yield lines;
  }
  if (held) yield [await writer.line(held, true)];
  writer.checkComplete();
}

class ExportWriter {
  private written = 0;
  private next = 0;
  private segment = CompactRange.empty();

  constructor(private readonly export_: ExportDescription) {}

  async line({ entry, event, leafIndex }: ExportItem, end: boolean): Promise<string> {
    const { nodes, tree, filter } = this.export_;
    if (leafIndex >= tree.size || (filter === null ? leafIndex !== this.next : leafIndex < this.next)) {
      throw new RangeError(`entry ${leafIndex} of a history of ${tree.size} is out of turn in its export`);
    }
    this.next = leafIndex + 1;
    this.written++;
    const readable = readablePart(entry);
    const entryHash = readableHash(readable);
    this.segment.append(entryHash);
    const seals = end || this.segment.size === SEGMENT_LINES;
    const { leafHash, path } = await nodes.reading((at) => this.proven(at, leafIndex, seals));
    return `${formatLine(readable, { leafIndex, event, leafHash, entryHash, path, seal: seals ? this.seal(end) : undefined })}\n`;
  }

  checkComplete(): void {
    const { filter, tree } = this.export_;
    if (filter === null && this.written !== tree.size) throw new RangeError(`the export of a history of ${tree.size} entries got ${this.written}`);
  }

  /** What a line says of the tree: its leaf, and the path to the root, of the leaf or of the segment that it seals. */
  private proven(nodes: MerkleNodes, leafIndex: number, seals: boolean): Pick<EntryProof, 'leafHash' | 'path'> {
    const { tree, filter } = this.export_;
    const leafHash = nodes.get(0, leafIndex);
    if (!leafHash) throw new MissingMerkleNode(0, leafIndex);
    if (filter !== null) return { leafHash, path: inclusionPath(nodes, leafIndex, tree.size) };
    return { leafHash, path: seals ? inclusionPath(nodes, this.written - this.segment.size, tree.size, SEGMENT_LEVEL) : undefined };
  }

  private seal(end: boolean): string {
    const { businessId, tree, filter, at, signer } = this.export_;
    const { size } = this.segment;
    const seal = signSeal({ businessId, from: this.written - size + 1, to: this.written, end, entriesRoot: this.segment.root(), tree, filter, at }, signer);
    this.segment = CompactRange.empty();
    return seal;
  }
}
