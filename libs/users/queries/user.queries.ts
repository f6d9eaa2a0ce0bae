import { Inject, Injectable } from '@nestjs/common';
import { ROLES, type Role, type TwoFactorPolicy } from '@rolebook/access';
import { BusinessQueries } from '@rolebook/businesses/read';
import { asBytes, type Collection, type FindOptions, type Scalar } from '@rolebook/document-store';
import { userDirectory, type UserDocument } from '../projections/user-directory';
import { searchQuery } from '../domain/values/search-words';
import { placeOf, userItem } from './user-item';
import { explainers, explainPermissions, nameOfDocument, statusAt, userView, type NameOf, type UserStatus, type UserView, type ViewedAt } from './user-view';

export const USER_DIRECTORY = Symbol('Collection<UserDocument>');

export const USER_SORTS = ['displayName', 'createdAt', 'lastSeenAt'] as const;
/** Businesses whose policy is in memory, at most. */
const MOST_POLICIES = 1_000;
const SORT_FIELDS = { displayName: 'sortName', createdAt: 'createdAt', lastSeenAt: 'lastSeenAt' } as const;

export interface UserListOptions {
  readonly statuses: readonly UserStatus[] | null;
  readonly roles: readonly Role[] | null;
  readonly twoFactor: 'enabled' | 'missing' | null;
  readonly q: string | null;
  readonly sort: (typeof USER_SORTS)[number];
  readonly direction: 'asc' | 'desc';
  readonly limit: number;
  readonly after: { readonly value: Scalar; readonly id: string } | null;
}

export interface UserPage {
  readonly items: readonly UserView[];
  /** Where the next page begins; `null` at the end. */
  readonly next: { readonly value: Scalar; readonly id: string } | null;
}

/** A page as JSON text. */
export interface UserPageText {
  /** A JSON list, a character for each byte of its UTF-8: see {@link asBytes}. */
  readonly items: string;
  readonly next: UserPage['next'];
  /** Until when the page reads like this if no document changes, in milliseconds since the epoch. */
  readonly until: number;
}

/** Looks users of one business up, as they are now. A user of another business does not exist. */
@Injectable()
export class UserQueries {
  /** Names of the read models that answers are made of: a read waits for these, and for no others. */
  static readonly readModels = [userDirectory.collection.name, ...BusinessQueries.readModels] as const;

  /** Policies as they were in one state of what lists are made of. */
  private policies: { readonly version: string | null; readonly of: Map<string, TwoFactorPolicy> } = { version: null, of: new Map() };

  constructor(@Inject(USER_DIRECTORY) private readonly directory: Collection<UserDocument>, private readonly businesses: BusinessQueries) {}

  async document(businessId: string, userId: string): Promise<UserDocument | null> {
    const user = await this.directory.get(userId);
    return user && user.businessId === businessId ? user : null;
  }

  async get(businessId: string, userId: string, now: number): Promise<UserView | null> {
    const user = await this.document(businessId, userId);
    return user && userView(user, await this.viewedAt(businessId, now));
  }

  async explain(businessId: string, userId: string): Promise<ReturnType<typeof explainPermissions> | null> {
    return (await this.explained(businessId, userId))?.explanation ?? null;
  }

  /** The same, with the ids of everybody else whose name is in it. */
  async explained(businessId: string, userId: string): Promise<{ readonly explanation: ReturnType<typeof explainPermissions>; readonly involved: readonly string[] } | null> {
    const user = await this.document(businessId, userId);
    if (!user) return null;
    const involved = explainers(user);
    return { explanation: explainPermissions(user, await this.names(businessId, involved)), involved };
  }

  /** Names of people, as they are now, by their ids; ids of other businesses have none. */
  async names(businessId: string, userIds: readonly string[]): Promise<NameOf> {
    const found = await this.directory.getMany([...new Set(userIds)]);
    const names = new Map(found.flatMap(({ id, document }) => (document && document.businessId === businessId ? [[id, nameOfDocument(document)] as const] : [])));
    return (userId) => names.get(userId) ?? null;
  }

  async list(businessId: string, options: UserListOptions, now: number): Promise<UserPage> {
    const field = SORT_FIELDS[options.sort];
    const found: UserDocument[] = [];
    for await (const user of this.matching(businessId, options, now, options.limit + 1)) if (found.push(user) > options.limit) break;
    const page = found.slice(0, options.limit);
    const last = found.length > options.limit ? page.at(-1) : undefined;
    const at = await this.viewedAt(businessId, now);
    return { items: page.map((user) => userView(user, at)), next: last ? { value: last[field], id: last.id } : null };
  }

  /** As {@link list}, without taking the documents apart where that can be. @param version of what lists are made of, from before: see {@link version} */
  async listText(businessId: string, options: UserListOptions, now: number, version: string | null = null): Promise<UserPageText> {
    if (findsNobody(options)) return { items: '[]', next: null, until: Infinity };
    if (tellsExpired(options.statuses)) {
      const { items, next } = await this.list(businessId, options, now);
      return { items: asBytes(JSON.stringify(items)), next, until: now };
    }
    const { sort, direction, limit, after } = options;
    const found = await this.directory.findBytes({ sort: { field: SORT_FIELDS[sort], direction }, limit: limit + 1, ...(after ? { after } : {}), ...selection(businessId, options) });
    const at = { now, policy: this.policyIn(version, businessId) ?? (await this.loadPolicy(version, businessId)) };
    let items = '';
    let until = Infinity;
    for (let index = 0; index < Math.min(found.length, limit); index++) {
      const item = userItem(found[index] as string, at);
      items += index === 0 ? item.text : `,${item.text}`;
      until = Math.min(until, item.until);
    }
    return { items: `[${items}]`, next: found.length > limit ? placeOf(found[limit - 1] as string, SORT_FIELDS[sort]) : null, until };
  }

  /** Another text wherever a list may read differently, apart from the moment; `null` where the store cannot tell. See {@link Collection.version}. */
  version(): string | null {
    const [users, businesses] = [this.directory.version(), this.businesses.version()];
    return users === null || businesses === null ? null : `${users} ${businesses}`;
  }

  /** How many users a list holds. */
  async count(businessId: string, options: UserListOptions, now: number): Promise<number> {
    if (findsNobody(options)) return 0;
    if (!tellsExpired(options.statuses)) return this.directory.count({ ...selection(businessId, options), sort: { field: SORT_FIELDS[options.sort], direction: options.direction } });
    let total = 0;
    for await (const _ of this.matching(businessId, { ...options, after: null }, now, SCANNED)) total++;
    return total;
  }

  /** Users in the list's order. Whether an invitation has expired depends on the moment and stands in no index: where that matters, more is read than shown. */
  private async *matching(businessId: string, options: UserListOptions, now: number, pageSize: number): AsyncGenerator<UserDocument> {
    if (findsNobody(options)) return;
    const field = SORT_FIELDS[options.sort];
    const wanted = tellsExpired(options.statuses) ? new Set(options.statuses) : null;
    const limit = wanted ? SCANNED : pageSize;
    for (let after = options.after; ;) {
      const found = await this.directory.find({ sort: { field, direction: options.direction }, limit, ...(after ? { after } : {}), ...selection(businessId, options) });
      for (const user of found) if (wanted === null || wanted.has(statusAt(user, now))) yield user;
      const last = found.at(-1);
      if (!last || found.length < limit) return;
      after = { value: last[field], id: last.id };
    }
  }

  /** The policy of a business, where it was read in the state that things are in. */
  private policyIn(version: string | null, businessId: string): TwoFactorPolicy | undefined {
    return version === null || version !== this.policies.version ? undefined : this.policies.of.get(businessId);
  }

  private async loadPolicy(version: string | null, businessId: string): Promise<TwoFactorPolicy> {
    const { policy } = await this.viewedAt(businessId, 0);
    if (version !== this.policies.version || this.policies.of.size >= MOST_POLICIES) this.policies = { version, of: new Map() };
    this.policies.of.set(businessId, policy);
    return policy;
  }

  async viewedAt(businessId: string, now: number): Promise<ViewedAt> {
    return { now, policy: (await this.businesses.byId(businessId))?.twoFactorPolicy ?? 'off' };
  }
}

/** How many documents are read at once where not all of them are shown. */
const SCANNED = 500;

/** A search for what holds no letter and no digit. */
function findsNobody({ q }: UserListOptions): boolean {
  return q !== null && searchQuery(q).length === 0;
}

/** Whether open invitations are asked for without the expired ones, or the other way round. */
function tellsExpired(statuses: UserListOptions['statuses']): boolean {
  return statuses !== null && statuses.includes('invited') !== statuses.includes('invitation-expired');
}

/** Which documents a list looks through. Every combination of filters and sorts has an index: filters not set name all their values. */
function selection(businessId: string, { statuses, roles, twoFactor, q }: UserListOptions): Pick<FindOptions, 'where' | 'wordStarts'> {
  const wordStarts = q === null ? {} : { wordStarts: searchQuery(q) };
  if (statuses === null && roles === null && twoFactor === null) return { where: { businessId, listed: true }, ...wordStarts };
  const stored = statuses === null ? ['invited', 'active'] : [...new Set(statuses.map((status) => (status === 'invitation-expired' ? 'invited' : status)))];
  return { where: { businessId, status: stored, role: roles ?? ROLES, hasTwoFactor: twoFactor === null ? [true, false] : twoFactor === 'enabled' }, ...wordStarts };
}
