import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { UserHistories, type Place } from '@rolebook/audit/read';
import { ReviewAuditLog } from '@rolebook/audit/write';
import type { Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import { UserQueries } from '@rolebook/users/read';
import { CLOCK } from '../composition/tokens';
import { Answer, SignedIn } from '../http/api-docs';
import { readingContext } from '../http/context';
import { Cursors } from '../http/cursor';
import { ListQuery, parseLimit } from '../http/list-query';
import { Dear } from '../http/pace.guard';
import { Me, type ApiRequest } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { notFound } from '../users/users.controller';
import { HistoryList } from './audit.answers';

@ApiTags('Audit')
@SignedIn()
@Controller('v1/users/:id/history')
export class UserHistoryController {
  constructor(
    private readonly commands: CommandBus, private readonly histories: UserHistories, private readonly users: UserQueries,
    private readonly cursors: Cursors, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What happened to a user, oldest first, each with the user as they were after it. */
  @Get()
  @Dear(1)
  @NeedsSettings('read')
  @Answer(200, HistoryList, ['forbidden', 'not-found', 'invalid-cursor'])
  async list(@Me() { businessId }: Principal, @Param('id') id: string, @Query() query: ListQuery, @Req() request: ApiRequest): Promise<object> {
    if (!(await this.users.document(businessId, id))) notFound();
    const list = `history ${id}`;
    const after = this.cursors.read<Place>(businessId, list, query.cursor);
    const { items, next } = await this.histories.list(businessId, id, { after, limit: parseLimit(query.limit) });
    const page = { items, nextCursor: next && this.cursors.give(businessId, list, next) };
    const answer = query.count === 'true' ? { ...page, total: await this.histories.count(businessId, id) } : page;
    await this.commands.execute(new ReviewAuditLog(readingContext(request, this.clock), { user: id }));
    return answer;
  }
}
