import { Body, Controller, Get, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { TWO_FACTOR_POLICIES, type TwoFactorPolicy } from '@rolebook/access';
import { BusinessQueries } from '@rolebook/businesses/read';
import { ChangeTwoFactorPolicy } from '@rolebook/businesses/write';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Principal } from '@rolebook/sessions/read';
import { MissingTwoFactor } from '@rolebook/users/read';
import { UserStreams } from '@rolebook/users/write';
import { Answer, SignedIn } from '../http/api-docs';
import { Change } from '../http/change.interceptor';
import { ReadFrom } from '../http/fresh-reads.guard';
import { Freshness } from '../http/freshness';
import { Context, Me } from '../http/request';
import { NeedsSettings } from '../http/session.guard';
import { Field, oneOf } from '../http/validation';

/** So many of those who would have to enrol are named in a dry run; the count is of all. */
const MOST_NAMED = 1000;

class PolicyBody {
  @Field(oneOf(TWO_FACTOR_POLICIES), { enum: TWO_FACTOR_POLICIES, description: '`admins`: of everybody whose Settings level is write or more.' }) policy!: TwoFactorPolicy;
}
class PolicyAnswer {
  @ApiProperty({ enum: TWO_FACTOR_POLICIES }) policy!: TwoFactorPolicy;
}

@ApiTags('Settings and roles')
@SignedIn()
@Controller('v1/settings/two-factor')
export class TwoFactorSettingsController {
  constructor(private readonly commands: CommandBus, private readonly users: UserStreams, private readonly businesses: BusinessQueries, private readonly missing: MissingTwoFactor, private readonly freshness: Freshness) {}

  @Get()
  @NeedsSettings('read')
  @ReadFrom(BusinessQueries.readModels)
  @Answer(200, PolicyAnswer, ['forbidden', 'behind'])
  async get(@Me() me: Principal): Promise<PolicyAnswer> {
    return { policy: (await this.businesses.byId(me.businessId))?.twoFactorPolicy ?? 'off' };
  }

  /**
   * Says of whom two-factor is required. Whoever it is required of and has not enrolled can do nothing else from that moment, in open sessions too.
   * A dry run's `impact` is `{mustEnrol: {count, users: [{id, displayName}]}}`.
   */
  @Put()
  @Change()
  @Answer(200, PolicyAnswer, ['forbidden'], { change: true })
  async set(@Context() context: CommandContext, @Body() { policy }: PolicyBody): Promise<PolicyAnswer | null> {
    const { state } = await this.commands.execute(new ChangeTwoFactorPolicy(context, await this.users.actor(context), policy));
    if (!context.dryRun) return { policy: state.twoFactorPolicy };
    await this.freshness.reached(0);
    Object.assign(context.impact, { mustEnrol: await this.missing.under(policy, context.businessId, MOST_NAMED) });
    return null;
  }
}
