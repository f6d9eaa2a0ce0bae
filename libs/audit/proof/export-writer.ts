import type { AuditEntry } from '../audit-entry';
import { formatLine, readableHash, readablePart } from './export-format';
import { SEGMENT_LEVEL, SEGMENT_LINES, signSeal } from './export-seal';
import type { EventText } from './leaf';
import { CompactRange, inclusionPath, MissingMerkleNode, type MerkleNodes } from './merkle-tree';
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
  readonly nodes: MerkleNodes;
  /** The filter as a URL query, in which nothing is a space or a control character; `null` for the whole history. */
  readonly filter: string | null;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly signer: NoteSigner;
}

/**
 * Writes an NDJSON export, line by line, each with its line feed, in flat memory.
 * The leaf hash in a line is the tree's, not computed anew: where the log was tampered with, the export is made all the
 * same, and verifying it says which line.
 * @param items in the order of the history; all of it, from the first event on, where there is no filter
 * @throws {RangeError} where the items are not in that order, or not of that tree
 * @throws {MissingMerkleNode} where the nodes do not reach as far as the tree
 */
export async function* writeExport(items: AsyncIterable<ExportItem> | Iterable<ExportItem>, description: ExportDescription): AsyncGenerator<string, void, void> {
  const writer = new ExportWriter(description);
  let held: ExportItem | null = null;
  for await (const item of items) {
    if (held) yield writer.line(held, false);
    held = item;
  }
  if (held) yield writer.line(held, true);
  writer.checkComplete();
}

class ExportWriter {
  private written = 0;
  private next = 0;
  private segment = CompactRange.empty();

  constructor(private readonly export_: ExportDescription) {}

  line({ entry, event, leafIndex }: ExportItem, end: boolean): string {
    const { nodes, tree, filter } = this.export_;
    if (leafIndex >= tree.size || (filter === null ? leafIndex !== this.next : leafIndex < this.next)) {
      throw new RangeError(`entry ${leafIndex} of a history of ${tree.size} is out of turn in its export`);
    }
    this.next = leafIndex + 1;
    this.written++;
    const leafHash = nodes.get(0, leafIndex);
    if (!leafHash) throw new MissingMerkleNode(0, leafIndex);
    const readable = readablePart(entry);
    const entryHash = readableHash(readable);
    this.segment.append(entryHash);
    const seals = end || this.segment.size === SEGMENT_LINES;
    return `${formatLine(readable, {
      leafIndex, event, leafHash, entryHash,
      ...(filter !== null && { path: inclusionPath(nodes, leafIndex, tree.size) }),
      ...(filter === null && seals && { path: inclusionPath(nodes, this.written - this.segment.size, tree.size, SEGMENT_LEVEL) }),
      ...(seals && { seal: this.seal(end) }),
    })}\n`;
  }

  checkComplete(): void {
    const { filter, tree } = this.export_;
    if (filter === null && this.written !== tree.size) throw new RangeError(`the export of a history of ${tree.size} entries got ${this.written}`);
  }

  private seal(end: boolean): string {
    const { businessId, tree, filter, at, signer } = this.export_;
    const { size } = this.segment;
    const seal = signSeal({ businessId, from: this.written - size + 1, to: this.written, end, entriesRoot: this.segment.root(), tree, filter, at }, signer);
    this.segment = CompactRange.empty();
    return seal;
  }
}
