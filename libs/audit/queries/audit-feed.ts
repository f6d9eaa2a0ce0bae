import type { AuditEntry } from '../audit-entry';
import type { AuditFilter, AuditQueries, Place } from './audit.queries';
import type { TreeQueries } from './tree.queries';

/** How far read models have come, and when they come further. */
export interface FeedProgress {
  positionOf(readModels: readonly string[]): number;
  caughtUp(position: number, withinMs: number, of: readonly string[]): Promise<boolean>;
}

const PAGE = 50;

/** The audit log as it grows. A reader holds a place in the history and no more: nothing is kept for it, so none is missed and none comes twice, on whatever node. */
export class AuditFeed {
  /** @param readModels names of those that entries are made of: the audit log, and whatever names are from */
  constructor(private readonly audit: AuditQueries, private readonly trees: TreeQueries, private readonly progress: FeedProgress, private readonly readModels: readonly string[]) {}

  /** Where the history ends now; `null` while it is empty. */
  async end(businessId: string): Promise<Place | null> {
    return this.audit.last(businessId, {});
  }

  /**
   * Entries after a place, for ever; an empty list each time that nothing has come for `quietMs`, so that the reader can be looked after.
   * Ends by itself where `signal` aborts.
   */
  async *follow(businessId: string, filter: AuditFilter, after: Place | null, { quietMs, signal }: { readonly quietMs: number; readonly signal: AbortSignal }): AsyncGenerator<readonly AuditEntry[], void, void> {
    let place = after;
    while (!signal.aborted) {
      const position = this.progress.positionOf(this.readModels);
      // Entries that stand there now: one that is listed and not counted by the head is on its way.
      const size = await this.trees.size(businessId);
      let news = false;
      for await (const items of this.audit.walk(businessId, filter, { direction: 'asc', after: place, size }, PAGE)) {
        yield items.map(({ entry }) => entry);
        if (signal.aborted) return;
        news = true;
        place = await this.audit.find(businessId, items.at(-1)!.entry.id);
      }
      if (news) continue;
      yield [];
      await this.progress.caughtUp(position + 1, quietMs, this.readModels);
    }
  }
}
