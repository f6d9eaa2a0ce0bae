import { ROLES } from '@rolebook/access';
import type { Collection, FindOptions, Scalar } from '@rolebook/document-store';
import type { UserVersion } from '../projections/user-history';
import { forksAt } from '../projections/validity';
import { breathe } from './breathe';

type Status = UserVersion['status'];

/**
 * Up to so many are read and sorted. Of more, a walk in the order of the list finds a page sooner: at 100,000 users of two versions each,
 * both ways read some 3,000 versions at this size, which is the dearest.
 */
const FEW = 3_000;
const PAGE = 500;
/** So many candidates in a row are of one user: the rest of theirs are passed over. */
const LONG_RUN = 50;

/** All whom a search can find, as the index has it: nobody has words after an erasure. */
const WHOEVER = { status: ['invited', 'invitation-withdrawn', 'active', 'deactivated'] satisfies readonly Status[], role: ROLES, hasTwoFactor: [true, false] };

/** Which versions a page is made of, and in which order. */
export interface VersionList {
  readonly businessId: string;
  readonly statuses: readonly Status[];
  /** Position of the log as of which versions are in force. */
  readonly position: number;
  /** Decides what the indexes leave open. */
  readonly matches: (version: UserVersion) => boolean;
  readonly field: 'sortName' | 'createdAt';
  readonly direction: 'asc' | 'desc';
  /** The sort value and the user's id of the last of the page before. */
  readonly after: { readonly value: Scalar; readonly id: string } | null;
  readonly limit: number;
  /** Walks through the list's order, together giving all versions that can match, in force or not. */
  readonly walks: readonly Pick<FindOptions, 'where'>[];
  /** Words that must begin so in any version that matches; absent where any words will do. */
  readonly wordStarts?: readonly string[];
}

/** Versions of users as of a position of the log. */
export class Versions {
  /** @param few up to so many in force are read and sorted; of more, the list's order is walked */
  constructor(private readonly collection: Collection<UserVersion>, private readonly few = FEW) {}

  /** The version of a user in force at a position; `null` before there was one. */
  async of(userId: string, position: number): Promise<UserVersion | null> {
    const [version] = await this.collection.find({ where: { userId }, sort: { field: 'from', direction: 'desc' }, range: { lte: position }, limit: 1 });
    return version ?? null;
  }

  /** How many are in force. */
  async count(businessId: string, statuses: readonly Status[], position: number): Promise<number> {
    const counts = await Promise.all(this.inForce(businessId, statuses, position).map((options) => this.collection.count(options)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** All in force, in no order, page by page. */
  async *all(businessId: string, statuses: readonly Status[], position: number): AsyncGenerator<readonly UserVersion[], void, void> {
    for (const options of this.inForce(businessId, statuses, position)) {
      for (let after: FindOptions['after']; ;) {
        const page = await this.collection.find({ ...options, limit: PAGE, ...(after && { after }) });
        yield page;
        const last = page.at(-1);
        if (!last || page.length < PAGE) break;
        after = { value: last[options.sort.field], id: last.id };
        await breathe();
      }
    }
  }

  /**
   * A page of versions in force, and one more where there is one.
   *
   * Where few are in force, or few users were ever found by the words asked for, they are all read and sorted. Where many are, the order of
   * the list is walked, through versions of all times, and those that do not match are passed over: with so many that do, they are found soon.
   */
  async page(list: VersionList): Promise<readonly UserVersion[]> {
    const all = (list.wordStarts && await this.found(list.businessId, list.statuses, list.wordStarts, list.position)) ?? await this.ifFew(list);
    if (all) return sorted(all.filter((version) => list.matches(version) && isAfter(list, version)), list);
    const found = await Promise.all(list.walks.map((walk) => this.walk(list, walk)));
    return sorted(found.flat(), list);
  }

  /** Of all users who were ever found by words that begin so, the versions in force at a position, whatever their words were then; `null` where that would be many to look through. */
  async found(businessId: string, statuses: readonly Status[], wordStarts: readonly string[], position: number): Promise<readonly UserVersion[] | null> {
    const texts = await this.collection.findRaw({ where: { businessId, ...WHOEVER }, sort: { field: 'createdAt', direction: 'asc' }, wordStarts, limit: this.few + 1 });
    if (texts.length > this.few) return null;
    const then = new Map<string, UserVersion | null>();
    const candidates = await parsed(texts);
    for (const version of candidates) if (version.from <= position && position < version.to) then.set(version.userId, version);
    for (const { userId } of candidates) if (!then.has(userId)) then.set(userId, await this.of(userId, position));
    return [...then.values()].filter((version) => version !== null).filter(({ status }) => statuses.includes(status));
  }

  private async ifFew({ businessId, statuses, position }: VersionList): Promise<readonly UserVersion[] | null> {
    // As texts until it is known that they are few: parsing is the larger part of the cost.
    const found: string[] = [];
    for (const options of this.inForce(businessId, statuses, position)) {
      found.push(...(await this.collection.findRaw({ ...options, limit: this.few + 1 - found.length })));
      if (found.length > this.few) return null;
    }
    return parsed(found);
  }

  private async walk(list: VersionList, walk: VersionList['walks'][number]): Promise<readonly UserVersion[]> {
    const { field, direction, position, statuses, matches, limit } = list;
    const found: UserVersion[] = [];
    const take = (version: UserVersion) => {
      if (version.from <= position && position < version.to && statuses.includes(version.status) && matches(version) && !found.some(({ userId }) => userId === version.userId)) found.push(version);
    };
    for (let after = list.after && pastUser(list.after, direction); ;) {
      const page = await this.collection.find({ ...walk, sort: { field, direction }, limit: PAGE, ...(after && { after }) });
      for (const version of page) {
        take(version);
        if (found.length > limit) return found;
      }
      const last = page.at(-1);
      if (!last || page.length < PAGE) return found;
      after = { value: last[field], id: last.id };
      if (page.at(-LONG_RUN)?.userId !== last.userId) continue;
      const theirs = await this.of(last.userId, position);
      if (theirs && theirs[field] === last[field]) take(theirs);
      after = pastUser({ value: last[field], id: last.userId }, direction);
    }
  }

  /** The queries that together find what was in force, each once. */
  private inForce(businessId: string, statuses: readonly Status[], position: number) {
    const { ended, begun } = forksAt(position);
    return statuses.flatMap((status) => [
      { where: { businessId, status, fork: begun }, sort: { field: 'from', direction: 'asc' }, range: { lte: position } } as const,
      { where: { businessId, status, fork: ended }, sort: { field: 'to', direction: 'asc' }, range: { gt: position } } as const,
    ]);
  }
}

/** With a break for others now and then. */
async function parsed(texts: readonly string[]): Promise<readonly UserVersion[]> {
  const versions: UserVersion[] = [];
  for (const text of texts) {
    if (versions.length > 0 && versions.length % PAGE === 0) await breathe();
    versions.push(JSON.parse(text) as UserVersion);
  }
  return versions;
}

/** A place behind all versions of a user with one sort value. Their ids begin with the user's, which are all of one length. */
function pastUser({ value, id }: { readonly value: Scalar; readonly id: string }, direction: 'asc' | 'desc'): NonNullable<FindOptions['after']> {
  return { value, id: direction === 'asc' ? `${id}/~` : id };
}

/** In the order of the list, as far as the page goes, and one more. */
function sorted(versions: readonly UserVersion[], { field, direction, limit }: Pick<VersionList, 'field' | 'direction' | 'limit'>): readonly UserVersion[] {
  const sign = direction === 'asc' ? 1 : -1;
  return versions.toSorted((a, b) => sign * (compare(a[field], b[field]) || compare(a.userId, b.userId))).slice(0, limit + 1);
}

function isAfter({ after, field, direction }: VersionList, version: UserVersion): boolean {
  if (after === null) return true;
  const order = compare(version[field], String(after.value)) || compare(version.userId, after.id);
  return direction === 'asc' ? order > 0 : order < 0;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
