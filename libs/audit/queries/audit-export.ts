import { Inject, Injectable } from '@nestjs/common';
import { writeAuditCsv } from '../csv';
import { inclusionPath, rootHash, SEGMENT_LEVEL, SEGMENT_LINES, writeExport, type ExportItem, type NoteSigner } from '../proof';
import type { AuditEntry } from '../audit-entry';
import { AuditQueries, EVERYTHING, type AuditFilter } from './audit.queries';
import { TreeQueries } from './tree.queries';

/** Signs checkpoints and exports: a `NoteSigner`. */
export const CHECKPOINT_NOTE_SIGNER = Symbol('NoteSigner');

/** Gives the event loop to others between two pages of an export. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Exports of the audit log, of any size, in flat memory: nothing is read before whoever takes it has room for it. */
@Injectable()
export class AuditExport {
  constructor(private readonly audit: AuditQueries, private readonly trees: TreeQueries, @Inject(CHECKPOINT_NOTE_SIGNER) private readonly signer: NoteSigner) {}

  /** NDJSON with proofs (docs/audit.md), oldest first, a chunk for each entry. @param at RFC 3339 */
  async *ndjson(businessId: string, filter: AuditFilter, at: string): AsyncGenerator<string, void, void> {
    const size = await this.trees.size(businessId);
    const nodes = this.trees.nodes(businessId);
    const query = filterQuery(filter);
    const tree = { size, rootHash: await nodes.reading((n) => rootHash(n, size)) };
    /** Has the tiles at hand that the lines about this item need. */
    const prepare = ({ leafIndex }: ExportItem) => nodes.reading((n) => {
      if (query !== null) inclusionPath(n, leafIndex, size);
      else if (leafIndex % SEGMENT_LINES === 0) inclusionPath(n, leafIndex, size, SEGMENT_LEVEL);
      return n.get(0, leafIndex);
    });
    const items = this.items(businessId, filter, size, 'asc');
    async function* prepared(): AsyncGenerator<ExportItem, void, void> {
      for await (const item of items) {
        await prepare(item);
        yield item;
      }
    }
    yield* writeExport(prepared(), { businessId, tree, nodes, filter: query, at, signer: this.signer });
  }

  /** CSV for people: safe to open in a spreadsheet, without proofs. */
  async *csv(businessId: string, filter: AuditFilter, direction: 'asc' | 'desc'): AsyncGenerator<string, void, void> {
    const items = this.items(businessId, filter, await this.trees.size(businessId), direction);
    async function* entries(): AsyncGenerator<AuditEntry, void, void> {
      for await (const { entry } of items) yield entry;
    }
    yield* writeAuditCsv(entries());
  }

  private async *items(businessId: string, filter: AuditFilter, size: number, direction: 'asc' | 'desc'): AsyncGenerator<ExportItem, void, void> {
    for await (const page of this.audit.walk(businessId, filter, { direction, after: null, size })) {
      yield* page;
      await breathe();
    }
  }
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
