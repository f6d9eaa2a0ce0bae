import { Body, Controller, Get, Inject, Patch, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import { PermissionTexts, UserQueries, type UserView } from '@rolebook/users/read';
import { EditProfile } from '@rolebook/users/write';
import type { FastifyReply } from 'fastify';
import { CLOCK } from '../composition/tokens';
import { Answers } from '../http/answers';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { withEtag } from '../http/etag';
import { positionAskedFor, ReadFrom } from '../http/fresh-reads.guard';
import { Freshness } from '../http/freshness';
import { sendJson } from '../http/json';
import { Quick } from '../http/quick';
import { Context, Me, principalOf, type ApiRequest } from '../http/request';
import { PermissionsAnswer, UserAnswer } from '../users/users.answers';
import { notFound, ProfileBody, profileOf } from '../users/users.controller';

@ApiTags('Me')
@SignedIn()
@Controller('v1/me')
export class MeController {
  constructor(
    private readonly commands: CommandBus, private readonly users: UserQueries, private readonly answers: Answers,
    private readonly texts: PermissionTexts, private readonly freshness: Freshness, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ReadFrom(UserQueries.readModels)
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

  /** What a frontend asks at every turn: answered from memory, and by the reply itself, which spares it the framework's general way. */
  @Get('permissions')
  @Quick()
  @ReadFrom(UserQueries.readModels)
  @Answer(200, PermissionsAnswer, ['behind'])
  permissions(@Res() reply: FastifyReply): void | Promise<void> {
    const request = reply.request as ApiRequest;
    const { businessId, userId } = principalOf(request);
    const known = this.texts.peek(businessId, userId, this.freshness.needed(positionAskedFor(request)));
    if (known === undefined) return this.texts.load(businessId, userId).then((text) => sendJson(reply, text ?? notFound()));
    sendJson(reply, known);
  }
}
