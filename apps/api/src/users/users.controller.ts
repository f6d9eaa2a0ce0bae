import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Put, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { requireView, type Overrides, type Role } from '@rolebook/access';
import { UsersAt } from '@rolebook/audit/read';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import { parsePersonName, parsePhoneNumber, parseReason, UserQueries, type UserView } from '@rolebook/users/read';
import { ChangeOverrides, ChangeRole, DeactivateUser, EditProfile, ReactivateUser } from '@rolebook/users/write';
import type { FastifyReply } from 'fastify';
import { CLOCK } from '../composition/tokens';
import { Answers } from '../http/answers';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { withEtag } from '../http/etag';
import { FlagField, LocaleField, NameField, OverridesField, parseOverrides, PhoneField, ReasonField, RoleField } from '../http/fields';
import { ReadFrom } from '../http/fresh-reads.guard';
import { AtQuery, momentAsked } from '../http/moment';
import { Problem } from '../http/problems';
import { sendJson, sendJsonBytes } from '../http/json';
import { Quick } from '../http/quick';
import { Context, Me, principalOf, type ApiRequest } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { ForeseenImpact } from './foreseen-impact';
import { PermissionsAnswer, RoleChangeAnswer, UserAnswer, UserList } from './users.answers';
import { UserListQuery, UserLists } from './user-lists';

export class ProfileBody {
  @NameField({ required: false }) displayName?: string;
  @PhoneField() phone?: string | null;
  @LocaleField() locale?: 'en' | 'th';
}
class RoleBody {
  @RoleField() role!: Role;
  @FlagField() keepOverrides?: boolean;
  @ReasonField() reason?: string | null;
}
class OverridesBody {
  @OverridesField({ required: true, nullable: true }) overrides!: object;
  @ReasonField() reason?: string | null;
}
export class ReasonBody {
  @ReasonField() reason?: string | null;
}

export function profileOf(body: ProfileBody): { displayName?: string; phone?: string | null; locale?: 'en' | 'th' } {
  return {
    ...(body.displayName === undefined ? {} : { displayName: parsePersonName(body.displayName) }),
    ...(body.phone === undefined ? {} : { phone: parsePhoneNumber(body.phone) }),
    ...(body.locale === undefined ? {} : { locale: body.locale }),
  };
}

@ApiTags('Users')
@SignedIn()
@Controller('v1/users')
export class UsersController {
  constructor(
    private readonly commands: CommandBus, private readonly users: UserQueries, private readonly usersAt: UsersAt, private readonly lists: UserLists,
    private readonly answers: Answers, private readonly foreseen: ForeseenImpact, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ReadFrom(UserQueries.readModels)
  @Quick()
  @NeedsSettings('read')
  @Answer(200, UserList, ['forbidden', 'invalid-cursor', 'behind', 'future-moment'])
  list(@Query() query: UserListQuery, @Res() reply: FastifyReply): void | Promise<void> {
    const request = reply.request as ApiRequest;
    const { businessId } = principalOf(request);
    const version = this.lists.version();
    const known = this.lists.known(businessId, request.url, version);
    if (known === undefined) return this.lists.page(businessId, query, request.url, version).then((page) => sendJsonBytes(reply, page));
    sendJson(reply, known);
  }

  @Get(':id')
  @ReadFrom(UserQueries.readModels)
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'behind', 'future-moment'])
  async get(@Me() me: Principal, @Param('id') id: string, @Query() query: AtQuery, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserView> {
    requireView(person(me), id);
    const at = momentAsked(query, this.clock);
    const user = at === null ? await this.users.get(me.businessId, id, this.clock.now()) : await this.usersAt.get(me.businessId, id, at);
    return withEtag(reply, user ?? notFound());
  }

  @Patch(':id')
  @Change()
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'stale', 'not-active'], { change: true })
  async edit(@Context() context: CommandContext, @Param('id') id: string, @Body() body: ProfileBody, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserView | null> {
    await this.commands.execute(new EditProfile(context, id, profileOf(body)));
    return withEtag(reply, await this.answers.user(context, id));
  }

  @Put(':id/role')
  @Change()
  @Answer(200, RoleChangeAnswer, ['forbidden', 'not-found', 'stale', 'last-super-admin', 'not-active'], { change: true })
  async changeRole(@Context() context: CommandContext, @Param('id') id: string, @Body() body: RoleBody): Promise<object> {
    const { events } = await this.commands.execute(new ChangeRole(context, id, body.role, body.keepOverrides ?? false, parseReason(body.reason)));
    const removedOverrides: Overrides = events.flatMap((event) => (event.type === 'RoleChanged' ? [event.data.removedOverrides] : []))[0] ?? {};
    Object.assign(context.impact, { removedOverrides, ...(context.dryRun ? await this.foreseen.role(context, id, body.role, removedOverrides) : {}) });
    return { user: await this.answers.user(context, id), removedOverrides };
  }

  @Get(':id/permissions')
  @ReadFrom(UserQueries.readModels)
  @Answer(200, PermissionsAnswer, ['forbidden', 'not-found', 'behind', 'future-moment'])
  async permissions(@Me() me: Principal, @Param('id') id: string, @Query() query: AtQuery): Promise<object> {
    requireView(person(me), id);
    const at = momentAsked(query, this.clock);
    return (at === null ? await this.users.explain(me.businessId, id) : await this.usersAt.explain(me.businessId, id, at)) ?? notFound();
  }

  @Patch(':id/permissions')
  @Change()
  @Answer(200, PermissionsAnswer, ['forbidden', 'not-found', 'stale', 'super-admin-not-overridden', 'not-active'], { change: true })
  async override(@Context() context: CommandContext, @Param('id') id: string, @Body() body: OverridesBody): Promise<object | null> {
    await this.commands.execute(new ChangeOverrides(context, id, parseOverrides(body.overrides, true), parseReason(body.reason)));
    return this.answers.permissions(context, id);
  }

  @Post(':id/deactivate')
  @HttpCode(200)
  @Change()
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'stale', 'last-super-admin', 'not-active'], { change: true })
  async deactivate(@Context() context: CommandContext, @Param('id') id: string, @Body() body: ReasonBody): Promise<UserView | null> {
    await this.commands.execute(new DeactivateUser(context, id, parseReason(body.reason)));
    if (context.dryRun) Object.assign(context.impact, await this.foreseen.deactivation(context, id));
    return this.answers.user(context, id);
  }

  @Post(':id/reactivate')
  @HttpCode(200)
  @Change()
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'stale', 'not-deactivated'], { change: true })
  async reactivate(@Context() context: CommandContext, @Param('id') id: string, @Body() body: ReasonBody): Promise<UserView | null> {
    await this.commands.execute(new ReactivateUser(context, id, parseReason(body.reason)));
    return this.answers.user(context, id);
  }
}

export function person(me: Principal): { id: string; role: Role; overrides: Overrides } {
  return { id: me.userId, role: me.role, overrides: me.overrides };
}

export function notFound(): never {
  throw new Problem('not-found', 'There is no such user.');
}
