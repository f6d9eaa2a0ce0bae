import { Body, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { BusinessStreams } from '@rolebook/businesses/write';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Principal } from '@rolebook/sessions/read';
import { CheckPassword } from '@rolebook/sessions/write';
import { otpauthUri, qrCodeSvg } from '@rolebook/two-factor/read';
import { ConfirmEnrolment, DisableTwoFactor, ReplaceRecoveryCodes, RequireMayDisable, StartEnrolment } from '@rolebook/two-factor/write';
import { UserStreams } from '@rolebook/users/write';
import { TokenPairs } from '../auth/token-pairs';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { AnyTextField } from '../http/fields';
import { Context, Me } from '../http/request';
import { WhileEnrolling } from '../http/session.guard';

class CodeBody {
  @AnyTextField(100) code!: string;
}
class DisableBody {
  @AnyTextField(1000) password!: string;
  @AnyTextField(100) code!: string;
}
class EnrolmentAnswer {
  @ApiProperty({ description: 'Base32, to type where no camera is at hand.' }) secret!: string;
  @ApiProperty({ example: 'otpauth://totp/Siam%20Rentals:somchai%40example.com?secret=...' }) otpauthUri!: string;
  @ApiProperty({ description: 'SVG of the URI.' }) qrCode!: string;
}
class RecoveryCodesAnswer {
  @ApiProperty({ type: [String], minItems: 10, maxItems: 10, description: 'Shown once. Each works once.' }) recoveryCodes!: readonly string[];
}
class EnrolledAnswer extends RecoveryCodesAnswer {
  @ApiProperty({ required: false, description: 'Where enrolling was required: works for everything, unlike the one before.' }) accessToken?: string;
  @ApiProperty({ required: false, description: 'Seconds.' }) expiresIn?: number;
}

@ApiTags('Two-factor authentication')
@SignedIn()
@Controller('v1/me/two-factor')
export class MyTwoFactorController {
  constructor(private readonly commands: CommandBus, private readonly users: UserStreams, private readonly businesses: BusinessStreams, private readonly pairs: TokenPairs) {}

  /** Offers a secret for an authenticator app. Nothing changes before a code of it is confirmed. */
  @Post('enrolment')
  @WhileEnrolling()
  @HttpCode(200)
  @Change()
  @Answer(200, EnrolmentAnswer, ['already-enrolled'], { change: true })
  async start(@Context() context: CommandContext): Promise<EnrolmentAnswer | null> {
    const [user, business] = await Promise.all([this.users.actor(context), this.businesses.load(context)]);
    const secret = await this.commands.execute(new StartEnrolment(context));
    if (context.dryRun) return null;
    const uri = otpauthUri(secret, business.name, user.email);
    return { secret, otpauthUri: uri, qrCode: await qrCodeSvg(uri) };
  }

  /** Confirms the secret by a code: from now on signing in takes one. */
  @Post()
  @WhileEnrolling()
  @HttpCode(200)
  @Change()
  @Answer(200, EnrolledAnswer, ['invalid-code', 'not-enrolled', 'already-enrolled', 'too-many-attempts'], { change: true })
  async confirm(@Context() context: CommandContext, @Me() me: Principal, @Body() { code }: CodeBody): Promise<EnrolledAnswer | null> {
    const recoveryCodes = await this.commands.execute(new ConfirmEnrolment(context, sourceOf(me), code));
    if (context.dryRun) return null;
    if (!me.mustEnrol) return { recoveryCodes };
    const { accessToken, expiresIn } = await this.pairs.access(me);
    return { recoveryCodes, accessToken, expiresIn };
  }

  @Delete()
  @HttpCode(204)
  @Change()
  @Answer(204, null, ['invalid-credentials', 'invalid-code', 'not-enrolled', 'two-factor-required', 'too-many-attempts'], { change: true })
  async disable(@Context() context: CommandContext, @Me() me: Principal, @Body() { password, code }: DisableBody): Promise<void> {
    await this.commands.execute(new RequireMayDisable(context));
    await this.commands.execute(new CheckPassword(context, me.sessionId, password, 'disable-two-factor'));
    await this.commands.execute(new DisableTwoFactor(context, sourceOf(me), code));
  }

  /** Ten new recovery codes; those before are worthless. */
  @Post('recovery-codes')
  @HttpCode(200)
  @Change()
  @Answer(200, RecoveryCodesAnswer, ['invalid-code', 'not-enrolled', 'too-many-attempts'], { change: true })
  async replaceRecoveryCodes(@Context() context: CommandContext, @Me() me: Principal, @Body() { code }: CodeBody): Promise<RecoveryCodesAnswer | null> {
    const recoveryCodes = await this.commands.execute(new ReplaceRecoveryCodes(context, sourceOf(me), code));
    return context.dryRun ? null : { recoveryCodes };
  }
}

/** What wrong codes are counted by here: a thief of one session locks out no other. */
function sourceOf({ sessionId }: Principal): string {
  return `session ${sessionId}`;
}
