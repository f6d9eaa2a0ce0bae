import { applyDecorators, Controller, Delete, Get, HttpCode, Param, Put, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { requireView } from '@rolebook/access';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Principal } from '@rolebook/sessions/read';
import type { UserView } from '@rolebook/users/read';
import type { FastifyReply } from 'fastify';
import { Answers } from '../http/answers';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { Dear } from '../http/pace.guard';
import { Context, Me, type ApiRequest } from '../http/request';
import { Field, textUpTo } from '../http/validation';
import { UserAnswer } from '../users/users.answers';
import { person } from '../users/users.controller';
import { Avatars } from './avatars';

class AvatarQuery {
  @Field(textUpTo(64, 1, '?v'), { type: String, minLength: 1, maxLength: 64, required: false, description: 'Version, as in `avatarUrl`: a new picture has a new address.' }) v?: string;
}

const Picture = () => applyDecorators(ApiConsumes('image/png', 'image/jpeg', 'image/webp'), ApiBody({ description: 'At most 5 MiB.', schema: { type: 'string', format: 'binary' } }));

@ApiTags('Users')
@SignedIn()
@Controller('v1/users/:id/avatar')
export class UserAvatarController {
  constructor(private readonly avatars: Avatars, private readonly answers: Answers) {}

  @Put()
  @Dear(20)
  @HttpCode(200)
  @Change()
  @Picture()
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'stale', 'not-active'], { change: true })
  async change(@Context() context: CommandContext, @Param('id') id: string, @Req() request: ApiRequest): Promise<UserView | null> {
    await this.avatars.change(context, id, request);
    return this.answers.user(context, id);
  }

  @Get()
  @Answer(200, null, ['forbidden', 'not-found', 'behind'], { description: 'The picture, 256 x 256.', produces: 'image/webp' })
  async get(@Me() me: Principal, @Param('id') id: string, @Query() _query: AvatarQuery, @Res() reply: FastifyReply): Promise<void> {
    requireView(person(me), id);
    await this.avatars.send(me.businessId, id, reply);
  }

  @Delete()
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['forbidden', 'not-found', 'stale', 'not-active'], { change: true })
  async remove(@Context() context: CommandContext, @Param('id') id: string): Promise<void> {
    await this.avatars.remove(context, id);
  }
}

@ApiTags('Me')
@SignedIn()
@Controller('v1/me/avatar')
export class MyAvatarController {
  constructor(private readonly avatars: Avatars, private readonly answers: Answers) {}

  @Put()
  @Dear(20)
  @HttpCode(200)
  @Change()
  @Picture()
  @Answer(200, UserAnswer, ['stale'], { change: true })
  async change(@Context() context: CommandContext, @Req() request: ApiRequest): Promise<UserView | null> {
    await this.avatars.change(context, context.userId, request);
    return this.answers.user(context, context.userId);
  }

  @Get()
  @Answer(200, null, ['not-found', 'behind'], { description: 'The picture, 256 x 256.', produces: 'image/webp' })
  async get(@Me() me: Principal, @Query() _query: AvatarQuery, @Res() reply: FastifyReply): Promise<void> {
    await this.avatars.send(me.businessId, me.userId, reply);
  }

  @Delete()
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['stale'], { change: true })
  async remove(@Context() context: CommandContext): Promise<void> {
    await this.avatars.remove(context, context.userId);
  }
}
