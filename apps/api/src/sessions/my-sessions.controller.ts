import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Principal } from '@rolebook/sessions/read';
import { RevokeSession } from '@rolebook/sessions/write';
import { RevokeSessions } from '@rolebook/users/write';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { ListQuery } from '../http/list-query';
import { Context, Me } from '../http/request';
import { EndedAnswer, SessionList, SessionLists } from './session-lists';

@ApiTags('Me')
@SignedIn()
@Controller('v1/me/sessions')
export class MySessionsController {
  constructor(private readonly commands: CommandBus, private readonly lists: SessionLists) {}

  @Get()
  @Answer(200, SessionList, ['invalid-cursor', 'behind'])
  list(@Me() me: Principal, @Query() query: ListQuery): Promise<SessionList> {
    return this.lists.page(me, me.userId, query);
  }

  @Delete(':sid')
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['not-found'], { change: true })
  async end(@Context() context: CommandContext, @Param('sid') sessionId: string): Promise<void> {
    await this.commands.execute(new RevokeSession(context, context.userId, sessionId));
  }

  /** Ends all one's sessions but the current one. */
  @Delete()
  @HttpCode(200)
  @Change()
  @Answer(200, EndedAnswer, ['stale'], { change: true })
  async endOthers(@Context() context: CommandContext, @Me() me: Principal): Promise<EndedAnswer> {
    const ended = await this.lists.active(me.businessId, me.userId, me.sessionId);
    await this.commands.execute(new RevokeSessions(context, me.userId, me.sessionId, 'signed-out-everywhere'));
    Object.assign(context.impact, { ended });
    return { ended };
  }
}
