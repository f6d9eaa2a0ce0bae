import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { BusinessQueries } from '@rolebook/businesses/read';
import { ActionTokens } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import type { Principal } from '@rolebook/sessions/read';
import { RefreshSession, SignIn, SignOut } from '@rolebook/sessions/write';
import { parseEmailAddress, type EmailAddress } from '@rolebook/users/read';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { AnyTextField, SlugField, TokenField } from '../http/fields';
import { Problem } from '../http/problems';
import { Context, Me } from '../http/request';
import { Public, WhileEnrolling } from '../http/session.guard';
import { invalidValue } from '../http/validation';
import { TokenPairs, type TokenPair } from './token-pairs';

class SignInBody {
  @SlugField({ required: false }) business?: string;
  @AnyTextField(1000) email!: string;
  @AnyTextField(1000) password!: string;
}
class RefreshBody {
  @TokenField() refreshToken!: string;
}

export class SignInAnswer {
  @ApiProperty({ enum: ['signed-in', 'two-factor-required', 'two-factor-enrolment-required'] }) status!: string;
  @ApiProperty({ required: false }) accessToken?: string;
  @ApiProperty({ required: false, description: 'Seconds.' }) expiresIn?: number;
  @ApiProperty({ required: false }) refreshToken?: string;
  @ApiProperty({ required: false, format: 'uuid' }) sessionId?: string;
  @ApiProperty({ required: false, description: 'With `two-factor-required`: for POST /v1/auth/two-factor, within 5 minutes.' }) challenge?: string;
}

@ApiTags('Signing in')
@Controller('v1/auth')
export class AuthController {
  constructor(
    private readonly commands: CommandBus, private readonly businesses: BusinessQueries, private readonly actionTokens: ActionTokens, private readonly pairs: TokenPairs,
  ) {}

  @Post('sign-in')
  @Public()
  @HttpCode(200)
  @Change()
  @Answer(200, SignInAnswer, ['invalid-credentials', 'too-many-attempts'], { change: true })
  async signIn(@Context() anonymous: CommandContext, @Body() body: SignInBody): Promise<TokenPair | null> {
    const business = await (body.business === undefined ? this.businesses.only() : this.businesses.bySlug(body.business));
    if (body.business === undefined && !business) invalidValue('#/business', 'is needed: this installation has more than one business');
    const context = anonymous.as({ businessId: business?.id ?? NO_BUSINESS });
    const session = await this.commands.execute(new SignIn(context, addressOf(body.email), body.password));
    return context.dryRun ? null : this.pairs.of(session);
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
}

/** Stands for a business that does not exist, so that a wrong slug costs the same work as a wrong password. */
const NO_BUSINESS = '00000000-0000-7000-8000-000000000000';

function addressOf(text: string): EmailAddress | null {
  try {
    return parseEmailAddress(text);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}
