import { Inject, Injectable } from '@nestjs/common';
import { ROLES, type Role } from '@rolebook/access';
import { UsersAt } from '@rolebook/audit/read';
import { asBytes } from '@rolebook/document-store';
import type { Clock } from '@rolebook/kernel';
import { spells } from '@rolebook/spells';
import { USER_SORTS, USER_STATUSES, UserQueries, type UserListOptions, type UserPageText, type UserStatus } from '@rolebook/users/read';
import { CLOCK } from '../composition/tokens';
import { Cursors } from '../http/cursor';
import { ListQuery, parseLimit } from '../http/list-query';
import { AtField, momentAsked } from '../http/moment';
import { Field, invalidValue, oneOf, textUpTo, wordsPattern } from '../http/validation';
import { KeptPages } from './kept-pages';

const SORTS = USER_SORTS.flatMap((sort) => [sort, `-${sort}`]);

/** What a list of users can be asked for. */
export class UserListQuery extends ListQuery {
  @AtField() at?: string;

  @Field(words(USER_STATUSES, '?status'), { type: String, pattern: wordsPattern(USER_STATUSES), required: false, example: 'active,invited', description: `Of ${USER_STATUSES.join(', ')}; without it invited (expired too) and active.` })
  status?: string;

  @Field(words(ROLES, '?role'), { type: String, pattern: wordsPattern(ROLES), required: false, example: 'crew,sales' })
  role?: string;

  @Field(textUpTo(200, 1, '?q'), { type: String, minLength: 1, maxLength: 200, required: false, description: 'Start of any word of the name or of the address.' })
  q?: string;

  @Field(oneOf(['enabled', 'missing'] as const, '?twoFactor'), { enum: ['enabled', 'missing'], required: false })
  twoFactor?: 'enabled' | 'missing';

  @Field(oneOf(SORTS, '?sort'), { enum: SORTS, required: false, default: 'displayName' })
  sort?: string;
}

interface Place { readonly value: string | number | boolean | null; readonly id: string }

/** Pages of users, as JSON text. */
@Injectable()
export class UserLists {
  private readonly kept = new KeptPages();

  constructor(private readonly users: UserQueries, private readonly usersAt: UsersAt, private readonly cursors: Cursors, @Inject(CLOCK) private readonly clock: Clock) {}

  /** The page that was sent last time, where it would be the same. @param url with its query, of the same business @param version see {@link version} */
  known(businessId: string, url: string, version: string | null): Buffer | undefined {
    return this.kept.find(`${businessId}${url}`, version, this.clock.now());
  }

  /** The state of what lists are made of, before they are read: asking costs as much as reading a document. See {@link UserQueries.version}. */
  version(): string | null { return this.users.version(); }

  /** @returns a character for each byte of its UTF-8 @throws {Problem} `invalid-cursor`, `future-moment` */
  async page(businessId: string, query: UserListQuery, url: string, version: string | null): Promise<string> {
    await spells.turn(); // quick reads do not begin in one, and a page is not quick when it has to be read
    const now = this.clock.now();
    const at = momentAsked(query, this.clock);
    const list = JSON.stringify(['users', query.status, query.role, query.q, query.twoFactor, query.sort, at]);
    const options = optionsOf(query, this.cursors.read<Place>(businessId, list, query.cursor));
    const { items, next, until } = at === null ? await this.users.listText(businessId, options, now, version) : await this.past(businessId, options, at);
    const cursor = next === null ? 'null' : `"${this.cursors.give(businessId, list, next)}"`;
    const total = query.count !== 'true' ? '' : `,"total":${at === null ? await this.users.count(businessId, options, now) : await this.usersAt.count(businessId, options, at)}`;
    const page = `{"items":${items},"nextCursor":${cursor}${total}}`;
    this.kept.keep(`${businessId}${url}`, version, { page: () => Buffer.from(page, 'latin1'), from: now, until });
    return page;
  }

  /** What was does not change, but is asked for once. */
  private async past(businessId: string, options: UserListOptions, at: string): Promise<UserPageText> {
    const { items, next } = await this.usersAt.list(businessId, options, at);
    return { items: asBytes(JSON.stringify(items)), next, until: 0 };
  }
}

function optionsOf(query: UserListQuery, after: Place | null): UserListOptions {
  return {
    statuses: query.status === undefined ? null : (words(USER_STATUSES, '?status')(query.status) as UserStatus[]),
    roles: query.role === undefined ? null : (words(ROLES, '?role')(query.role) as Role[]),
    twoFactor: query.twoFactor ?? null, q: query.q ?? null,
    sort: (query.sort ?? 'displayName').replace('-', '') as UserListOptions['sort'], direction: query.sort?.startsWith('-') ? 'desc' : 'asc',
    limit: parseLimit(query.limit), after,
  };
}

/** Words of a fixed list, separated by commas, each once. */
function words(known: readonly string[], pointer: string): (input: unknown) => string[] {
  return (input) => {
    const given = typeof input === 'string' ? input.split(',') : [];
    const good = given.length > 0 && given.every((word) => known.includes(word)) && new Set(given).size === given.length;
    return good ? given : invalidValue(pointer, `must be of ${known.join(', ')}, separated by commas`);
  };
}
