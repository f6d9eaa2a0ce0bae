import { Inject, Injectable } from '@nestjs/common';
import type { Collection, FindOptions } from '@rolebook/document-store';
import type { AuditEntry } from '../audit-entry';
import { auditLog, momentOf, type AuditDocument } from '../projections/audit-log';
import type { ExportItem } from '../proof';
import { AuditEntries } from './audit-entries';

export const AUDIT_LOG = Symbol('Collection<AuditDocument>');
/** Every word that `action` can be. */
export const AUDIT_ACTIONS = Symbol('readonly string[]');

/** Which entries are meant; `null` is all. Times are RFC 3339; both ends belong to it. */
export interface AuditFilter {
  /** A user's id, `system` or `anonymous`. */
  readonly actor: string | null;
  /** Id of the user it is about. */
  readonly user: string | null;
  readonly actions: readonly string[] | null;
  readonly from: string | null;
  readonly to: string | null;
}

export const EVERYTHING: AuditFilter = { actor: null, user: null, actions: null, from: null, to: null };

/** A place in a history: that of an entry. */
export type Place = Pick<AuditDocument, 'moment' | 'id'>;

export interface AuditPage {
  readonly items: readonly AuditEntry[];
  /** The last entry's place; `null` at the end. */
  readonly next: Place | null;
}

interface Walk {
  readonly direction: 'asc' | 'desc';
  /** Goes on after this one. */
  readonly after: Place | null;
}

/** Looks through the audit log of a business. Every combination of filters has an index: one that is not set names all its values. */
@Injectable()
export class AuditQueries {
  /** Names of the read models that answers are made of. */
  static readonly readModels = [auditLog.name] as const;

  constructor(
    @Inject(AUDIT_LOG) private readonly log: Collection<AuditDocument>,
    private readonly entries: AuditEntries,
    @Inject(AUDIT_ACTIONS) private readonly allActions: readonly string[],
  ) {}

  async list(businessId: string, filter: AuditFilter, { direction, after, limit }: Walk & { readonly limit: number }): Promise<AuditPage> {
    const found = await this.log.find({ limit: limit + 1, ...(after && { after: placed(after) }), ...this.selection(businessId, filter, direction) });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1)! : null;
    return { items: (await this.entries.read(businessId, page)).map(({ entry }) => entry), next: last && { moment: last.moment, id: last.id } };
  }

  /** How many entries a list holds. */
  count(businessId: string, filter: AuditFilter): Promise<number> {
    return this.log.count(this.selection(businessId, filter, 'asc'));
  }

  /**
   * Entries with their events, page by page; a page is not read before it is asked for.
   * @param size leaves of the history that it goes to at most
   */
  async *walk(businessId: string, filter: AuditFilter, { direction, after, size }: Walk & { readonly size: number }, limit = 100): AsyncGenerator<readonly ExportItem[], void, void> {
    for (let place = after; ;) {
      const page = await this.log.find({ limit, ...(place && { after: placed(place) }), ...this.selection(businessId, filter, direction) });
      const items = await this.entries.read(businessId, page.filter(({ leafIndex }) => leafIndex < size));
      if (items.length > 0) yield items;
      const last = page.at(-1);
      if (!last || page.length < limit || (direction === 'asc' && last.leafIndex >= size)) return;
      place = last;
    }
  }

  /** Where an event stands in the history of the business; `null` where it does not. */
  async find(businessId: string, eventId: string): Promise<AuditDocument | null> {
    const entry = await this.log.get(eventId);
    return entry && entry.businessId === businessId ? entry : null;
  }

  /** The last entry that passes the filter; `null` where there is none. */
  async last(businessId: string, filter: Partial<AuditFilter>): Promise<AuditDocument | null> {
    return (await this.log.find({ ...this.selection(businessId, { ...EVERYTHING, ...filter }, 'desc'), limit: 1 }))[0] ?? null;
  }

  private selection(businessId: string, { actor, user, actions, from, to }: AuditFilter, direction: Walk['direction']): Pick<FindOptions, 'where' | 'range' | 'sort'> & { sort: object } {
    const filtered = actor !== null || user !== null || actions !== null;
    return {
      where: { businessId, ...(actor !== null && { actor }), ...(user !== null && { user }), ...(filtered && { action: actions ?? this.allActions }) },
      ...((from !== null || to !== null) && { range: { ...(from !== null && { gte: momentOf(from) }), ...(to !== null && { lt: momentAfter(to) }) } }),
      sort: { field: 'moment', direction },
    };
  }
}

function placed({ moment, id }: Place): NonNullable<FindOptions['after']> {
  return { value: moment, id };
}

/** Where the entries after a time begin. */
function momentAfter(time: string): string {
  return momentOf(new Date(Date.parse(time) + 1).toISOString());
}
