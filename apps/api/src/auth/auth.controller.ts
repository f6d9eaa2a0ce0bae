import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBody, ApiExtraModels, ApiProperty, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { ActionTokens } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Principal } from '@rolebook/sessions/read';
import { CompleteSignIn, RefreshSession, SignIn, SignOut, type Origin, type SignedIn as SignedInSession } from '@rolebook/sessions/write';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { AnyTextField, SlugField, TokenField } from '../http/fields';
import { Problem } from '../http/problems';
import { Context, Me } from '../http/request';
import { Public, WhileEnrolling } from '../http/session.guard';
import { Field, invalidValue, textUpTo } from '../http/validation';
import { From, TakesDeviceToken } from './origin';
import { TokenPairs, type TokenPair } from './token-pairs';
import { addressOf, Where } from './where';

class SignInBody {
  @SlugField({ required: false }) business?: string;
  @AnyTextField(1000) email!: string;
  @AnyTextField(1000) password!: string;
}
class SecondFactorBody {
  @TokenField('From the sign-in.') challenge!: string;
  @Field(textUpTo(100), { type: String, minLength: 1, maxLength: 100, required: false, description: 'Of the authenticator; or else `recoveryCode`.', example: '492039' }) code?: string;
  @Field(textUpTo(100), { type: String, minLength: 1, maxLength: 100, required: false, description: 'Works once.', example: '7q2k-x0fm-9t4c-hw3z-e51n-rb8v' }) recoveryCode?: string;
}
class RefreshBody {
  @TokenField('The newest one of the session.') refreshToken!: string;
}

export class SignInAnswer {
  @ApiProperty({ enum: ['signed-in', 'two-factor-required', 'two-factor-enrolment-required'] }) status!: string;
  @ApiProperty({ required: false }) accessToken?: string;
  @ApiProperty({ required: false, description: 'Seconds.' }) expiresIn?: number;
  @ApiProperty({ required: false }) refreshToken?: string;
  @ApiProperty({ required: false, format: 'uuid' }) sessionId?: string;
  @ApiProperty({ required: false, description: 'For the `Rolebook-Device` header of later sign-ins from this device.' }) deviceToken?: string;
  @ApiProperty({ required: false, description: 'With `two-factor-required`: for POST /v1/auth/two-factor, within 5 minutes.' }) challenge?: string;
}

@ApiTags('Signing in')
@Controller('v1/auth')
export class AuthController {
  constructor(private readonly commands: CommandBus, private readonly where: Where, private readonly actionTokens: ActionTokens, private readonly pairs: TokenPairs) {}

  @Post('sign-in')
  @Public()
  @HttpCode(200)
  @Change()
  @TakesDeviceToken()
  // `unauthenticated`: somebody has ended all sessions in the very moment in which this one was opened.
  @Answer(200, SignInAnswer, ['invalid-credentials', 'unauthenticated', 'too-many-attempts'], { change: true })
  async signIn(@Context() anonymous: CommandContext, @Body() body: SignInBody, @From() origin: Origin): Promise<SignInAnswer | null> {
    const context = await this.where.in(anonymous, body.business);
    const outcome = await this.commands.execute(new SignIn(context, addressOf(body.email), body.password, origin));
    if (context.dryRun) return null;
    return outcome.status === 'signed-in' ? this.answer(outcome.session) : { status: outcome.status, challenge: this.actionTokens.issue('two-factor-challenge', outcome.challenge) };
  }

  @Post('two-factor')
  @ApiExtraModels(SecondFactorBody)
  @ApiBody({ schema: { $ref: getSchemaPath(SecondFactorBody), oneOf: [{ required: ['code'] }, { required: ['recoveryCode'] }] } as never })
  @Public()
  @HttpCode(200)
  @Change()
  @TakesDeviceToken()
  @Answer(200, SignInAnswer, ['invalid-code', 'unauthenticated', 'too-many-attempts'], { change: true })
  async secondFactor(@Context() anonymous: CommandContext, @Body() { challenge, code, recoveryCode }: SecondFactorBody, @From() origin: Origin): Promise<SignInAnswer | null> {
    const given = code !== undefined && recoveryCode === undefined ? { code } : recoveryCode !== undefined && code === undefined ? { recoveryCode } : invalidValue('#', 'needs either code or recoveryCode');
    const fields = this.actionTokens.read('two-factor-challenge', challenge);
    if (!fields) throw new Problem('invalid-code', 'The challenge is not valid, or not any more; sign in again.');
    const session = await this.commands.execute(new CompleteSignIn(anonymous, fields, given, origin));
    return anonymous.dryRun ? null : this.answer(session);
  }

  @Post('refresh')
  @Public()
  @HttpCode(200)
  @Change()
  @Answer(200, SignInAnswer, ['unauthenticated', 'refresh-token-reused'], { change: true })
  async refresh(@Context() anonymous: CommandContext, @Body() body: RefreshBody): Promise<TokenPair | null> {
    const token = this.actionTokens.read('refresh', body.refreshToken);
    if (!token) throw new Problem('unauthenticated');
    const context = anonymous.as({ businessId: token.businessId });
    const session = await this.commands.execute(new RefreshSession(context, token.sessionId, token.generation));
    return context.dryRun ? null : this.pairs.of(session);
  }

  @Post('sign-out')
  @SignedIn()
  @WhileEnrolling()
  @HttpCode(204)
  @Change()
  @Answer(204, null, [], { change: true })
  async signOut(@Context() context: CommandContext, @Me() me: Principal): Promise<void> {
    await this.commands.execute(new SignOut(context, me.sessionId));
  }

  private async answer(session: SignedInSession): Promise<SignInAnswer> {
    return { ...(await this.pairs.of(session)), deviceToken: session.deviceToken };
  }
}
