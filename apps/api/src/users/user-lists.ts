import { Inject, Injectable } from '@nestjs/common';
import { IntersectionType } from '@nestjs/swagger';
import { ROLES, type Role } from '@rolebook/access';
import { UsersAt } from '@rolebook/audit/read';
import type { Clock } from '@rolebook/kernel';
import { USER_SORTS, USER_STATUSES, UserQueries, type UserListOptions, type UserStatus } from '@rolebook/users/read';
import { CLOCK } from '../composition/tokens';
import { Cursors } from '../http/cursor';
import { ListQuery, parseLimit } from '../http/list-query';
import { AtQuery, momentAsked } from '../http/moment';
import { Field, invalidValue, oneOf, textUpTo } from '../http/validation';

const SORTS = USER_SORTS.flatMap((sort) => [sort, `-${sort}`]);

/** What a list of users can be asked for. */
export class UserListQuery extends IntersectionType(ListQuery, AtQuery) {
  @Field(words(USER_STATUSES, '?status'), { type: String, required: false, example: 'active,invited', description: `Of ${USER_STATUSES.join(', ')}; without it invited (expired too) and active.` })
  status?: string;

  @Field(words(ROLES, '?role'), { type: String, required: false, example: 'crew,sales' })
  role?: string;

  @Field(textUpTo(200, 1, '?q'), { type: String, required: false, description: 'Start of any word of the name or of the address.' })
  q?: string;

  @Field(oneOf(['enabled', 'missing'] as const, '?twoFactor'), { enum: ['enabled', 'missing'], required: false })
  twoFactor?: 'enabled' | 'missing';

  @Field(oneOf(SORTS, '?sort'), { enum: SORTS, required: false, default: 'displayName' })
  sort?: string;
}

interface Place { readonly value: string | number | boolean | null; readonly id: string }

/** Pages of users. */
@Injectable()
export class UserLists {
  constructor(private readonly users: UserQueries, private readonly usersAt: UsersAt, private readonly cursors: Cursors, @Inject(CLOCK) private readonly clock: Clock) {}

  async page(businessId: string, query: UserListQuery): Promise<object> {
    const at = momentAsked(query, this.clock);
    const list = JSON.stringify(['users', query.status, query.role, query.q, query.twoFactor, query.sort, at]);
    const options: UserListOptions = {
      statuses: query.status === undefined ? null : (words(USER_STATUSES, '?status')(query.status) as UserStatus[]),
      roles: query.role === undefined ? null : (words(ROLES, '?role')(query.role) as Role[]),
      twoFactor: query.twoFactor ?? null, q: query.q ?? null,
      sort: (query.sort ?? 'displayName').replace('-', '') as UserListOptions['sort'], direction: query.sort?.startsWith('-') ? 'desc' : 'asc',
      limit: parseLimit(query.limit), after: this.cursors.read<Place>(businessId, list, query.cursor),
    };
    const { items, next } = at === null ? await this.users.list(businessId, options, this.clock.now()) : await this.usersAt.list(businessId, options, at);
    const page = { items, nextCursor: next && this.cursors.give(businessId, list, next) };
    if (query.count !== 'true') return page;
    return { ...page, total: at === null ? await this.users.count(businessId, options, this.clock.now()) : await this.usersAt.count(businessId, options, at) };
  }
}

/** Words of a fixed list, separated by commas, each once. */
function words(known: readonly string[], pointer: string): (input: unknown) => string[] {
  return (input) => {
    const given = typeof input === 'string' ? input.split(',') : [];
    const good = given.length > 0 && given.every((word) => known.includes(word)) && new Set(given).size === given.length;
    return good ? given : invalidValue(pointer, `must be of ${known.join(', ')}, separated by commas`);
  };
}
