import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { PasswordHasher } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Principal } from '@rolebook/sessions/read';
import { CheckPassword } from '@rolebook/sessions/write';
import { ChangePassword, UserStreams } from '@rolebook/users/write';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { AnyTextField, PasswordField } from '../http/fields';
import { PasswordRules } from '../http/password-rules';
import { Context, Me } from '../http/request';

class PasswordBody {
  @AnyTextField(1000) currentPassword!: string;
  @PasswordField() newPassword!: string;
}

@ApiTags('Me')
@SignedIn()
@Controller('v1/me/password')
export class MyPasswordController {
  constructor(private readonly commands: CommandBus, private readonly users: UserStreams, private readonly passwords: PasswordHasher, private readonly rules: PasswordRules) {}

  /** Changes one's own password, with the current one, and ends one's other sessions. */
  @Post()
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['invalid-credentials', 'too-many-attempts', 'stale'], { change: true })
  async change(@Context() context: CommandContext, @Me() me: Principal, @Body() { currentPassword, newPassword }: PasswordBody): Promise<void> {
    const user = await this.users.actor(context);
    await this.rules.checkFor(context, user, newPassword, '#/newPassword');
    const current = await this.commands.execute(new CheckPassword(context, me.sessionId, currentPassword, 'change-password'));
    await this.commands.execute(new ChangePassword(context, current, await this.passwords.hash(newPassword), me.sessionId));
  }
}
