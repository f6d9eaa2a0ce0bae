import { Inject, Injectable } from '@nestjs/common';
import { holds, type Level, type Module } from '@rolebook/access';
import type { Collection, Scalar } from '@rolebook/document-store';
import { explainers, explainPermissions, nameOfDocument, UserQueries, type PermissionExplanation } from '@rolebook/users/read';
import { asUser, levelIn, type AccessProfile } from '../projections/user-history';
import { NEVER } from '../projections/validity';
import { PastFacts } from './past-facts';
import { Versions } from './versions';

export const ACCESS_PROFILES = Symbol('Collection<AccessProfile>');

/** Somebody who can do what was asked for, and why. */
export interface AccessGrant extends Pick<PermissionExplanation, 'level' | 'source' | 'since' | 'by' | 'eventId'> {
  readonly user: { readonly id: string; readonly displayName: string };
}

export interface AccessPage {
  readonly items: readonly AccessGrant[];
  readonly next: { readonly value: Scalar; readonly id: string } | null;
}

export interface AccessAsked {
  readonly module: Module;
  /** At least this one. */
  readonly level: Level;
  /** RFC 3339; `null` is now. */
  readonly at: string | null;
}

/** Profiles walked at once; a query takes 256 values at most. */
const PROFILES_AT_ONCE = 200;
const MOST_PROFILES = 20_000;

/** Who can do what in a business, now or at a moment: active users, by name. */
@Injectable()
export class AccessQueries {
  constructor(
    private readonly versions: Versions, @Inject(ACCESS_PROFILES) private readonly profiles: Collection<AccessProfile>,
    private readonly facts: PastFacts, private readonly users: UserQueries,
  ) {}

  async list(businessId: string, asked: AccessAsked, page: { readonly after: AccessPage['next']; readonly limit: number }): Promise<AccessPage> {
    const { module, level, at } = asked;
    const position = at === null ? NEVER - 1 : await this.facts.positionAt(businessId, at);
    if (position === null) return { items: [], next: null };
    const granting = await this.granting(businessId, module, level);
    const wanted = new Set(granting);
    const found = await this.versions.page({
      businessId, statuses: ['active'], position, field: 'sortName', direction: 'asc', ...page,
      matches: ({ profile }) => wanted.has(profile),
      walks: chunks(granting, PROFILES_AT_ONCE).map((profile) => ({ where: { businessId, status: 'active', profile } })),
    });
    const shown = found.slice(0, page.limit);
    const last = found.length > page.limit ? shown.at(-1)! : null;
    const nameOf = await this.users.names(businessId, shown.flatMap(explainers));
    const items = shown.map((version) => {
      const { level: held, source, since, by, eventId } = explainPermissions(asUser(version), nameOf).modules[module];
      return { user: { id: version.userId, displayName: nameOfDocument(version) }, level: held, source, since, by, eventId };
    });
    return { items, next: last && { value: last.sortName, id: last.userId } };
  }

  /** The profiles that give the level. */
  private async granting(businessId: string, module: Module, level: Level): Promise<readonly string[]> {
    const known = await this.profiles.find({ where: { businessId }, limit: MOST_PROFILES });
    return known.flatMap(({ profile }) => (holds(levelIn(profile, module), level) ? [profile] : []));
  }
}

function chunks<T>(list: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, (n + 1) * size));
}
