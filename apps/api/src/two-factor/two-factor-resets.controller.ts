import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import type { CommandContext } from '@rolebook/event-sourcing';
import { timestamp } from '@rolebook/kernel';
import { ResetTwoFactor, type IdentityVerification } from '@rolebook/two-factor/write';
import { parsePersonName, parseReason, type UserView } from '@rolebook/users/read';
import { Type } from 'class-transformer';
import { IsDefined, IsObject, ValidateNested } from 'class-validator';
import { Answer, SignedIn } from '../http/api-docs';
import { Answers } from '../http/answers';
import { Change } from '../http/change.interceptor';
import { ReasonField, VISIBLE_LINE } from '../http/fields';
import { Context } from '../http/request';
import { Field, invalidValue, oneOf } from '../http/validation';
import { UserAnswer } from '../users/users.answers';

const HOUR = 3600_000;
/** Whoever was spoken to on Friday evening can be helped on Monday morning; later than that, speak again. */
const VERIFIED_WITHIN = 72 * HOUR;
/** How far the administrator's clock may be ahead. */
const CLOCK_SKEW = 60_000;

const CHANNELS = ['phone', 'video'] as const;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

class IdentityVerificationBody {
  @Field(oneOf(CHANNELS), { enum: CHANNELS, description: 'How the person was spoken to. E-mail is refused: whoever reads the mail would get in.' }) channel!: (typeof CHANNELS)[number];
  @Field((v) => parsePersonName(v, '#'), { type: String, minLength: 1, maxLength: 100, pattern: VISIBLE_LINE, description: 'Who was spoken to.', example: 'Somchai Jaidee' }) spokeWith!: string;
  @Field((v) => momentOf(v), { type: String, format: 'date-time', description: 'When: within the last 72 hours.' }) at!: string;
  @ReasonField('What else there is to say of it.', '#') note?: string | null;
}
class TwoFactorResetBody {
  @ApiProperty({ type: IdentityVerificationBody }) @IsDefined() @IsObject() @ValidateNested() @Type(() => IdentityVerificationBody) identityVerification!: IdentityVerificationBody;
}

@ApiTags('Two-factor authentication')
@SignedIn()
@Controller('v1/users/:id/two-factor')
export class TwoFactorResetsController {
  constructor(private readonly commands: CommandBus, private readonly answers: Answers) {}

  /** Takes authenticator and recovery codes from somebody who has lost them, ends every session, and tells the person by mail. */
  @Post('reset')
  @HttpCode(200)
  @Change()
  @Answer(200, UserAnswer, ['forbidden', 'not-found', 'not-enrolled', 'stale'], { change: true })
  async reset(@Context() context: CommandContext, @Param('id') id: string, @Body() { identityVerification }: TwoFactorResetBody): Promise<UserView | null> {
    await this.commands.execute(new ResetTwoFactor(context, id, this.verificationOf(context, identityVerification)));
    return this.answers.user(context, id);
  }

  private verificationOf(context: CommandContext, { channel, spokeWith, at, note }: IdentityVerificationBody): IdentityVerification {
    const verified = momentOf(at);
    if (verified > context.at + CLOCK_SKEW) invalidValue('#/identityVerification/at', 'must not lie in the future');
    if (verified < context.at - VERIFIED_WITHIN) invalidValue('#/identityVerification/at', 'must lie within the last 72 hours: speak with the person again');
    return { channel, spokeWith: parsePersonName(spokeWith), verifiedAt: timestamp(verified), note: parseReason(note ?? null) };
  }
}

/** An RFC 3339 moment, in milliseconds since the epoch. @throws {Problem} `validation` for anything else, the 30th of February too */
function momentOf(value: unknown): number {
  const text = typeof value === 'string' && value.length <= 40 && MOMENT.test(value) ? value : null;
  const moment = text === null ? Number.NaN : Date.parse(text);
  const day = text === null ? Number.NaN : Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  const real = Number.isFinite(moment) && Number.isFinite(day) && timestamp(day).slice(0, 10) === text?.slice(0, 10);
  return real ? moment : invalidValue('#', 'must be a moment such as 2026-11-24T09:30:00.000Z');
}
