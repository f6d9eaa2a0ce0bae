import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { requireView } from '@rolebook/access';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Principal } from '@rolebook/sessions/read';
import { RevokeSession } from '@rolebook/sessions/write';
import { UserQueries } from '@rolebook/users/read';
import { RevokeSessions } from '@rolebook/users/write';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { ListQuery } from '../http/list-query';
import { Context, Me } from '../http/request';
import { notFound, person } from '../users/users.controller';
import { EndedAnswer, SessionList, SessionLists } from './session-lists';

@ApiTags('Users')
@SignedIn()
@Controller('v1/users/:id/sessions')
export class UserSessionsController {
  constructor(private readonly commands: CommandBus, private readonly users: UserQueries, private readonly lists: SessionLists) {}

  @Get()
  @Answer(200, SessionList, ['forbidden', 'not-found', 'invalid-cursor', 'behind'])
  async list(@Me() me: Principal, @Param('id') id: string, @Query() query: ListQuery): Promise<SessionList> {
    requireView(person(me), id);
    if (!(await this.users.document(me.businessId, id))) notFound();
    return this.lists.page(me, id, query);
  }

  @Delete(':sid')
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['forbidden', 'not-found'], { change: true })
  async end(@Context() context: CommandContext, @Param('id') id: string, @Param('sid') sessionId: string): Promise<void> {
    await this.commands.execute(new RevokeSession(context, id, sessionId));
  }

  /** Ends every session of the user, one's own current one too where it is oneself. */
  @Delete()
  @HttpCode(200)
  @Change()
  @Answer(200, EndedAnswer, ['forbidden', 'not-found', 'stale'], { change: true })
  async endAll(@Context() context: CommandContext, @Param('id') id: string): Promise<EndedAnswer> {
    const ended = await this.lists.active(context.businessId, id, null);
    await this.commands.execute(new RevokeSessions(context, id, null, 'revoked'));
    Object.assign(context.impact, { ended });
    return { ended };
  }
}
