import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags, IntersectionType, PickType } from '@nestjs/swagger';
import { LEVELS, MODULES, type Level, type Module } from '@rolebook/access';
import { AccessQueries, type AccessPage } from '@rolebook/audit/read';
import type { Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import { CLOCK } from '../composition/tokens';
import { Answer, SignedIn } from '../http/api-docs';
import { Cursors } from '../http/cursor';
import { ListQuery, parseLimit } from '../http/list-query';
import { AtQuery, momentAsked } from '../http/moment';
import { Dear } from '../http/pace.guard';
import { Me } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { Field, oneOf } from '../http/validation';
import { AccessList } from './audit.answers';

const GRANTING = LEVELS.filter((level) => level !== 'none');

class AccessQuery extends IntersectionType(PickType(ListQuery, ['limit', 'cursor'] as const), AtQuery) {
  @Field(oneOf(MODULES, '?module'), { enum: MODULES })
  module!: Module;

  @Field(oneOf(GRANTING, '?level'), { enum: GRANTING, description: 'At least this level.' })
  level!: Level;
}

@ApiTags('Audit')
@SignedIn()
@Controller('v1/access')
export class AccessController {
  constructor(private readonly access: AccessQueries, private readonly cursors: Cursors, @Inject(CLOCK) private readonly clock: Clock) {}

  /** Who can do something, or could at a moment, and why: active users, by name. */
  @Get()
  @Dear(1)
  @NeedsSettings('read')
  @Answer(200, AccessList, ['forbidden', 'invalid-cursor', 'future-moment'])
  async list(@Me() { businessId }: Principal, @Query() query: AccessQuery): Promise<object> {
    const { module, level } = query;
    const at = momentAsked(query, this.clock);
    const list = JSON.stringify(['access', module, level, at]);
    const after = this.cursors.read<AccessPage['next']>(businessId, list, query.cursor);
    const { items, next } = await this.access.list(businessId, { module, level, at }, { after, limit: parseLimit(query.limit) });
    return { items, nextCursor: next && this.cursors.give(businessId, list, next) };
  }
}
