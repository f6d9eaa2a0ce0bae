import { Inject, Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { AuditEntry } from '../audit-entry';
import { writeAuditCsv } from '../csv';
import { rootHash, writeExport, type ExportItem, type NoteSigner } from '../proof';
import { AuditQueries, EVERYTHING, type AuditFilter } from './audit.queries';
import { breathe } from './breathe';
import { TreeQueries } from './tree.queries';

/** Signs checkpoints and exports: a `NoteSigner`. */
export const CHECKPOINT_NOTE_SIGNER = Symbol('NoteSigner');

/** Entries read, written and sent at once: some five milliseconds' work, and 100 KB. */
const PAGE = 64;

/**
 * Exports of the audit log, of any size, in flat memory. They come as streams of bytes, a chunk a page; of an export there are never more than
 * three pages in memory, besides what the network's buffers hold: one that is sent, one that waits for it, one that is made.
 */
@Injectable()
export class AuditExport {
  constructor(private readonly audit: AuditQueries, private readonly trees: TreeQueries, @Inject(CHECKPOINT_NOTE_SIGNER) private readonly signer: NoteSigner) {}

  /** NDJSON with proofs (docs/audit.md), oldest first. @param at RFC 3339 */
  async ndjson(businessId: string, filter: AuditFilter, at: string): Promise<Readable> {
    const size = await this.trees.size(businessId);
    const nodes = this.trees.nodes(businessId);
    const tree = { size, rootHash: await nodes.reading((n) => rootHash(n, size)) };
    const pages = this.pages(businessId, filter, size, 'asc');
    return streamed(writeExport(pages, { businessId, tree, nodes, filter: filterQuery(filter), at, signer: this.signer }));
  }

  /** CSV for people: safe to open in a spreadsheet, without proofs. */
  async csv(businessId: string, filter: AuditFilter, direction: 'asc' | 'desc'): Promise<Readable> {
    const pages = this.pages(businessId, filter, await this.trees.size(businessId), direction);
    async function* entries(): AsyncGenerator<readonly AuditEntry[], void, void> {
      for await (const page of pages) yield page.map(({ entry }) => entry);
    }
    return streamed(writeAuditCsv(entries()));
  }

  private async *pages(businessId: string, filter: AuditFilter, size: number, direction: 'asc' | 'desc'): AsyncGenerator<readonly ExportItem[], void, void> {
    for await (const page of this.audit.walk(businessId, filter, { direction, after: null, size }, PAGE)) {
      yield page;
      await breathe();
    }
  }
}

/** Pages of lines as bytes, a chunk a page: texts that wait for somebody would grow old, and pile up until the old are collected. */
function streamed(pages: AsyncIterable<readonly string[]>): Readable {
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    for await (const lines of pages) if (lines.length > 0) yield bytesOf(lines);
  }
  // One byte is a full buffer: the next page is made when this one has gone.
  return Readable.from(chunks(), { objectMode: false, highWaterMark: 1 });
}

function bytesOf(lines: readonly string[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0));
  let end = 0;
  for (const line of lines) end += bytes.write(line, end);
  return bytes;
}

/** A filter as a URL query, always written the same way; `null` where it lets everything through. */
export function filterQuery(filter: AuditFilter): string | null {
  const fields = filterFields(filter);
  return Object.keys(fields).length === 0 ? null : new URLSearchParams(fields).toString();
}

/** The filters that are set, as texts. */
export function filterFields(filter: AuditFilter): Record<string, string> {
  const { actor, user, actions, from, to } = { ...EVERYTHING, ...filter };
  const fields = { actor, user, action: actions && actions.join(','), from, to };
  return Object.fromEntries(Object.entries(fields).filter((field): field is [string, string] => field[1] !== null));
}
