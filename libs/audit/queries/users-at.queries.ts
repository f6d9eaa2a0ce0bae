import { Injectable } from '@nestjs/common';
import { ROLES } from '@rolebook/access';
import { explainers, explainPermissions, searchQuery, statusAt, UserQueries, userView, type UserListOptions, type UserPage, type UserView } from '@rolebook/users/read';
import { asUser, type UserVersion } from '../projections/user-history';
import { PastFacts } from './past-facts';
import { Versions } from './versions';

/** Users of a business as they were at a moment (RFC 3339): everything recorded up to it counts, and nothing after. */
@Injectable()
export class UsersAt {
  constructor(private readonly versions: Versions, private readonly facts: PastFacts, private readonly users: UserQueries) {}

  async get(businessId: string, userId: string, at: string): Promise<UserView | null> {
    const version = await this.versionAt(businessId, userId, at);
    return version && this.view(version, at);
  }

  async explain(businessId: string, userId: string, at: string): Promise<ReturnType<typeof explainPermissions> | null> {
    const version = await this.versionAt(businessId, userId, at);
    return version && explainPermissions(asUser(version), await this.users.names(businessId, explainers(version)));
  }

  /** The user as they were after the event at a position, which was recorded then. */
  async after(businessId: string, userId: string, position: number, at: string): Promise<UserView | null> {
    const version = await this.versions.of(userId, position);
    return version && version.businessId === businessId ? this.view(version, at) : null;
  }

  async list(businessId: string, options: UserListOptions, at: string): Promise<UserPage> {
    const position = await this.facts.positionAt(businessId, at);
    if (position === null || findsNobody(options)) return { items: [], next: null };
    const found = options.sort === 'lastSeenAt' ? await this.byLastSeen(businessId, options, position, at) : await this.page(businessId, options, position, at);
    const page = found.slice(0, options.limit);
    const last = found.length > options.limit ? page.at(-1)! : null;
    const policy = await this.facts.policyAt(businessId, at);
    const items = await Promise.all(page.map((version) => this.view(version, at, policy)));
    return { items, next: last && { value: options.sort === 'lastSeenAt' ? items.at(-1)!.lastSeenAt : last[SORT_FIELDS[options.sort]], id: last.userId } };
  }

  /** How many users such a list holds. */
  async count(businessId: string, options: UserListOptions, at: string): Promise<number> {
    const position = await this.facts.positionAt(businessId, at);
    if (position === null || findsNobody(options)) return 0;
    const statuses = storedStatuses(options);
    if (options.statuses === null && options.roles === null && options.twoFactor === null && options.q === null) return this.versions.count(businessId, statuses, position);
    const matches = matcher(options, at);
    const found = options.q === null ? null : await this.versions.found(businessId, statuses, searchQuery(options.q), position);
    if (found) return found.filter(matches).length;
    let count = 0;
    for await (const page of this.versions.all(businessId, statuses, position)) count += page.filter(matches).length;
    return count;
  }

  private page(businessId: string, options: UserListOptions, position: number, at: string): Promise<readonly UserVersion[]> {
    const { roles, twoFactor, q, sort, direction, after, limit } = options;
    const statuses = storedStatuses(options);
    const where = { businessId, status: statuses, role: roles ?? ROLES, hasTwoFactor: twoFactor === null ? [true, false] : twoFactor === 'enabled' };
    return this.versions.page({
      businessId, statuses, position, direction, after, limit, matches: matcher(options, at),
      field: sort === 'createdAt' ? 'createdAt' : 'sortName', walks: [{ where }], ...(q !== null && { wordStarts: searchQuery(q) }),
    });
  }

  /** No index knows when somebody had last signed in as of a moment in the past: all are looked at. */
  private async byLastSeen(businessId: string, options: UserListOptions, position: number, at: string): Promise<readonly UserVersion[]> {
    const { direction, after, limit } = options;
    const matches = matcher(options, at);
    const sign = direction === 'asc' ? 1 : -1;
    const order = (a: Seen, b: Seen) => sign * (compareTimes(a.seen, b.seen) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    const start = after && { seen: after.value as string | null, id: after.id };
    let best: (Seen & { readonly version: UserVersion })[] = [];
    for await (const page of this.versions.all(businessId, storedStatuses(options), position)) {
      const seen = await Promise.all(page.filter(matches).map(async (version) => ({ version, id: version.userId, seen: await this.facts.lastSeenAt(businessId, version.userId, at) })));
      best = [...best, ...seen.filter((one) => start === null || order(one, start) > 0)].sort(order).slice(0, limit + 1);
    }
    return best.map(({ version }) => version);
  }

  private async versionAt(businessId: string, userId: string, at: string): Promise<UserVersion | null> {
    const position = await this.facts.positionAt(businessId, at);
    const version = position === null ? null : await this.versions.of(userId, position);
    return version && version.businessId === businessId ? version : null;
  }

  private async view(version: UserVersion, at: string, policy?: Awaited<ReturnType<PastFacts['policyAt']>>): Promise<UserView> {
    const { businessId, userId, status } = version;
    const lastSeenAt = status === 'erased' ? null : await this.facts.lastSeenAt(businessId, userId, at);
    return userView({ ...asUser(version), lastSeenAt }, { now: Date.parse(at), policy: policy ?? (await this.facts.policyAt(businessId, at)) });
  }
}

interface Seen { readonly seen: string | null; readonly id: string }

const SORT_FIELDS = { displayName: 'sortName', createdAt: 'createdAt' } as const;

function storedStatuses({ statuses }: UserListOptions): readonly UserVersion['status'][] {
  if (statuses === null) return ['invited', 'active'];
  return [...new Set(statuses.map((status) => (status === 'invitation-expired' ? 'invited' : status)))];
}

/** A search for what holds no letter and no digit. */
function findsNobody({ q }: UserListOptions): boolean {
  return q !== null && searchQuery(q).length === 0;
}

function matcher({ statuses, roles, twoFactor, q }: UserListOptions, at: string): (version: UserVersion) => boolean {
  const starts = q === null ? [] : searchQuery(q);
  const now = Date.parse(at);
  return (version) => (statuses === null || statuses.includes(statusAt(version, now)))
    && (roles === null || roles.includes(version.role))
    && (twoFactor === null || version.hasTwoFactor === (twoFactor === 'enabled'))
    && starts.every((start) => version.words.some((word) => word.startsWith(start)));
}

/** Never seen comes first. */
function compareTimes(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0;
}
