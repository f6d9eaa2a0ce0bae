import { Body, Controller, Get, Inject, Patch, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import { UserQueries, type UserView } from '@rolebook/users/read';
import { EditProfile } from '@rolebook/users/write';
import type { FastifyReply } from 'fastify';
import { CLOCK } from '../composition/tokens';
import { Answers } from '../http/answers';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { withEtag } from '../http/etag';
import { Context, Me } from '../http/request';
import { PermissionsAnswer, UserAnswer } from '../users/users.answers';
import { notFound, ProfileBody, profileOf } from '../users/users.controller';

@ApiTags('Me')
@SignedIn()
@Controller('v1/me')
export class MeController {
  constructor(private readonly commands: CommandBus, private readonly users: UserQueries, private readonly answers: Answers, @Inject(CLOCK) private readonly clock: Clock) {}

  @Get()
  @Answer(200, UserAnswer, ['behind'])
  async get(@Me() me: Principal, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserView> {
    return withEtag(reply, (await this.users.get(me.businessId, me.userId, this.clock.now())) ?? notFound());
  }

  @Patch()
  @Change()
  @Answer(200, UserAnswer, ['stale'], { change: true })
  async edit(@Context() context: CommandContext, @Body() body: ProfileBody, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserView | null> {
    await this.commands.execute(new EditProfile(context, context.userId, profileOf(body)));
    return withEtag(reply, await this.answers.user(context, context.userId));
  }

  @Get('permissions')
  @Answer(200, PermissionsAnswer, ['behind'])
  async permissions(@Me() me: Principal): Promise<object> {
    return (await this.users.explain(me.businessId, me.userId)) ?? notFound();
  }
}
