import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { ActionTokens, PasswordHasher } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { RequestPasswordReset, ResetPassword } from '@rolebook/sessions/write';
import { userRefusals, UserStreams } from '@rolebook/users/write';
import { Answer } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { AnyTextField, PasswordField, SlugField, TokenField } from '../http/fields';
import { PasswordRules } from '../http/password-rules';
import { Context } from '../http/request';
import { Public } from '../http/session.guard';
import { addressOf, Where } from './where';

/** A request is answered after this long, in milliseconds, whatever it took: it does not show whether a mail goes out. */
const ANSWERED_AFTER = 250;

class PasswordResetRequestBody {
  @SlugField({ required: false }) business?: string;
  @AnyTextField(1000) email!: string;
}
class PasswordResetBody {
  @TokenField() token!: string;
  @PasswordField() password!: string;
}

@ApiTags('Signing in')
@Controller('v1/auth')
export class PasswordResetsController {
  constructor(
    private readonly commands: CommandBus, private readonly where: Where, private readonly tokens: ActionTokens, private readonly users: UserStreams,
    private readonly passwords: PasswordHasher, private readonly rules: PasswordRules,
  ) {}

  /** Sends a link that works for 30 minutes, once, if somebody has the address. The answer is the same if nobody does. */
  @Post('password-reset-requests')
  @Public()
  @HttpCode(202)
  @Change()
  @Answer(202, null, ['too-many-attempts'], { change: true, description: 'Whether somebody has the address or not.' })
  async request(@Context() anonymous: CommandContext, @Body() body: PasswordResetRequestBody): Promise<void> {
    const due = new Promise((resolve) => setTimeout(resolve, ANSWERED_AFTER));
    const context = await this.where.in(anonymous, body.business);
    await this.commands.execute(new RequestPasswordReset(context, addressOf(body.email)));
    await due;
  }

  /** Ends all sessions. Whoever has two-factor still needs a code to sign in. */
  @Post('password-resets')
  @Public()
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['invalid-reset-token'], { change: true })
  async reset(@Context() anonymous: CommandContext, @Body() body: PasswordResetBody): Promise<void> {
    const fields = this.tokens.read('password-reset', body.token);
    if (!fields || fields.expiresAt <= anonymous.at) throw userRefusals.invalidResetToken();
    const { businessId, userId, generation } = fields;
    const context = anonymous.as({ businessId, actor: { type: 'user', id: userId } });
    const { state: user } = await this.users.load(context, userId);
    const open = user.status === 'active' && user.passwordReset.expiresAt !== null && user.passwordReset.generation === generation;
    if (!open && !context.retried) throw userRefusals.invalidResetToken();
    await this.rules.checkFor(context, user, body.password);
    await this.commands.execute(new ResetPassword(context, userId, generation, await this.passwords.hash(body.password)));
  }
}
