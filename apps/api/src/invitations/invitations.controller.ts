import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { ROLES, twoFactorRequired, effectiveLevel, type Overrides, type Role } from '@rolebook/access';
import { BusinessStreams } from '@rolebook/businesses/write';
import { ActionTokens, PasswordHasher } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Clock } from '@rolebook/kernel';
import { parseEmailAddress, parsePersonName, parsePhoneNumber, type UserView } from '@rolebook/users/read';
import { AcceptInvitation, InviteUser, ResendInvitation, userRefusals, UserStreams, WithdrawInvitation } from '@rolebook/users/write';
import type { FastifyReply } from 'fastify';
import { CLOCK } from '../composition/tokens';
import { Answers } from '../http/answers';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { EmailField, LocaleField, NameField, OverridesField, parseOverrides, PasswordField, PhoneField, RoleField, TokenField } from '../http/fields';
import { PasswordRules } from '../http/password-rules';
import { Context } from '../http/request';
import { Public } from '../http/session.guard';
import { UserAnswer } from '../users/users.answers';

class InviteBody {
  @EmailField() email!: string;
  @RoleField() role!: Role;
  @OverridesField({ required: false, nullable: false }) overrides?: object;
  @NameField({ required: false }) displayName?: string;
  @LocaleField() locale?: 'en' | 'th';
}
class PreviewBody {
  @TokenField() token!: string;
}
class AcceptBody {
  @TokenField() token!: string;
  @NameField() displayName!: string;
  @PasswordField() password!: string;
  @PhoneField() phone?: string | null;
}
class BusinessName {
  @ApiProperty() name!: string;
}
class PreviewAnswer {
  @ApiProperty({ type: BusinessName }) business!: BusinessName;
  @ApiProperty() email!: string;
  @ApiProperty({ enum: ROLES }) role!: string;
  @ApiProperty({ format: 'date-time' }) expiresAt!: string;
}

@ApiTags('Invitations')
@Controller('v1')
export class InvitationsController {
  constructor(
    private readonly commands: CommandBus, private readonly answers: Answers, private readonly tokens: ActionTokens, private readonly users: UserStreams,
    private readonly businesses: BusinessStreams, private readonly passwords: PasswordHasher, private readonly rules: PasswordRules, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post('invitations')
  @SignedIn()
  @HttpCode(201)
  @Change()
  @Answer(201, UserAnswer, ['forbidden', 'email-taken', 'super-admin-not-overridden', 'too-many-attempts'], { change: true })
  async invite(@Context() context: CommandContext, @Body() body: InviteBody, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserView | null> {
    const { state } = await this.commands.execute(new InviteUser(context, {
      email: parseEmailAddress(body.email), role: body.role, overrides: parseOverrides(body.overrides ?? {}, false) as Overrides,
      displayName: body.displayName === undefined ? null : parsePersonName(body.displayName), locale: body.locale ?? 'en',
    }));
    Object.assign(context.impact, { mailTo: state.email, linkExpiresAt: state.invitation?.expiresAt ?? null });
    void reply.header('location', `/v1/users/${state.id}`);
    return this.answers.user(context, state.id);
  }

  @Post('users/:id/invitation/resend')
  @SignedIn()
  @HttpCode(200)
  @Change()
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'not-invited', 'stale', 'too-many-attempts'], { change: true })
  async resend(@Context() context: CommandContext, @Param('id') id: string): Promise<UserView | null> {
    const { state } = await this.commands.execute(new ResendInvitation(context, id));
    Object.assign(context.impact, { mailTo: state.email, linkExpiresAt: state.invitation?.expiresAt ?? null });
    return this.answers.user(context, id);
  }

  @Delete('users/:id/invitation')
  @SignedIn()
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['forbidden', 'not-found', 'not-invited', 'stale'], { change: true })
  async withdraw(@Context() context: CommandContext, @Param('id') id: string): Promise<void> {
    await this.commands.execute(new WithdrawInvitation(context, id));
  }

  /** What the bearer of a link is invited to. Changes nothing, so it is no GET only to keep the token out of addresses and logs. */
  @Post('invitations/preview')
  @Public()
  @HttpCode(200)
  @Change()
  @Answer(200, PreviewAnswer, ['invalid-token', 'invitation-expired'], { change: true })
  async preview(@Context() anonymous: CommandContext, @Body() body: PreviewBody): Promise<PreviewAnswer> {
    const { context, userId, generation } = this.bearer(anonymous, body.token);
    const { state: user } = await this.users.load(context, userId);
    if (user.status !== 'invited' || user.invitation?.generation !== generation) throw userRefusals.invalidToken();
    if (Date.parse(user.invitation.expiresAt) <= this.clock.now()) throw userRefusals.invitationExpired();
    return { business: { name: (await this.businesses.load(context)).name }, email: user.email, role: user.role, expiresAt: user.invitation.expiresAt };
  }

  @Post('invitations/accept')
  @Public()
  @HttpCode(201)
  @Change()
  @Answer(201, UserAnswer, ['invalid-token', 'invitation-expired'], { change: true })
  async accept(@Context() anonymous: CommandContext, @Body() body: AcceptBody): Promise<UserView | null> {
    const { context, userId, generation } = this.bearer(anonymous, body.token);
    const [{ state: user }, business] = await Promise.all([this.users.load(context, userId), this.businesses.load(context)]);
    if (!context.retried && (user.status !== 'invited' || user.invitation?.generation !== generation)) throw userRefusals.invalidToken();
    const displayName = parsePersonName(body.displayName);
    const twoFactor = twoFactorRequired(business.twoFactorPolicy, effectiveLevel(user.role, user.overrides, 'settings'));
    await this.rules.check(body.password, { twoFactor, forbidden: [user.email, displayName, business.name, business.slug] });
    const account = { displayName, phone: parsePhoneNumber(body.phone ?? null), passwordHash: await this.passwords.hash(body.password) };
    await this.commands.execute(new AcceptInvitation(context, userId, generation, account));
    return this.answers.user(context, userId);
  }

  private bearer(anonymous: CommandContext, token: string): { context: CommandContext; userId: string; generation: number } {
    const fields = this.tokens.read('invitation', token);
    if (!fields) throw userRefusals.invalidToken();
    return { context: anonymous.as({ businessId: fields.businessId, actor: { type: 'user', id: fields.userId } }), userId: fields.userId, generation: fields.generation };
  }
}
