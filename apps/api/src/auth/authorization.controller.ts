import { Controller, Get, HttpCode, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { holds, LEVELS, MODULES, type Level, type Module } from '@rolebook/access';
import type { FastifyReply } from 'fastify';
import { Answer, SignedIn } from '../http/api-docs';
import { NoReadModel } from '../http/fresh-reads.guard';
import { Problem } from '../http/problems';
import { Quick } from '../http/quick';
import { principalOf, type ApiRequest } from '../http/request';
import { Field, oneOf } from '../http/validation';

class AuthorizationQuery {
  @Field(oneOf(MODULES, '?module'), { enum: MODULES }) module!: Module;
  @Field(oneOf(LEVELS, '?level'), { enum: LEVELS }) level!: Level;
}

@ApiTags('Signing in')
@SignedIn()
@Controller('v1/authorization')
export class AuthorizationController {
  /** For a gateway or another service: whether the bearer holds this level on this module, now. Asked at every turn: see `me/permissions`. */
  @Get()
  @Quick()
  @HttpCode(204)
  @NoReadModel()
  @Answer(204, null, ['forbidden'])
  check(@Query() { module, level }: AuthorizationQuery, @Res() reply: FastifyReply): void {
    const { permissions } = principalOf(reply.request as ApiRequest);
    if (!holds(permissions[module], level)) throw new Problem('forbidden', `This needs the level ${level} on ${module}.`);
    void reply.status(204).send();
  }
}
