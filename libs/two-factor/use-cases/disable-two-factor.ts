import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { settingsLevel, twoFactorRequired } from '@rolebook/access';
import { BusinessStreams } from '@rolebook/businesses/write';
import type { CommandContext } from '@rolebook/event-sourcing';
import { UserStreams } from '@rolebook/users/write';
import { twoFactorRefusals } from '../domain/errors';
import { CodeChecks } from './code-checks';
import { TwoFactorStreams } from './two-factor-streams';

/** Whether somebody could switch their second factor off, had they the password and a code. @throws {DomainError} `not-enrolled`, `two-factor-required` */
export class RequireMayDisable extends Command<void> {
  constructor(readonly context: CommandContext) { super(); }
}

/** Switches one's own second factor off; the password has been checked. @throws {DomainError} as {@link RequireMayDisable}; `invalid-code` */
export class DisableTwoFactor extends Command<void> {
  constructor(readonly context: CommandContext, readonly source: string, readonly code: string) { super(); }
}

@CommandHandler(RequireMayDisable)
export class RequireMayDisableHandler {
  constructor(private readonly streams: TwoFactorStreams, private readonly users: UserStreams, private readonly businesses: BusinessStreams) {}

  async execute({ context }: Pick<RequireMayDisable, 'context'>): Promise<void> {
    if (!(await this.streams.load(context, context.userId)).enabled) throw twoFactorRefusals.notEnrolled();
    if (await this.isRequired(context)) throw twoFactorRefusals.required();
  }

  async isRequired(context: CommandContext): Promise<boolean> {
    const [user, { twoFactorPolicy }] = await Promise.all([this.users.actor(context), this.businesses.load(context)]);
    return twoFactorRequired(twoFactorPolicy, settingsLevel(user));
  }
}

@CommandHandler(DisableTwoFactor)
export class DisableTwoFactorHandler implements ICommandHandler<DisableTwoFactor> {
  constructor(private readonly checks: CodeChecks, private readonly policy: RequireMayDisableHandler) {}

  async execute({ context, source, code }: DisableTwoFactor): Promise<void> {
    const { userId } = context;
    const required = await this.policy.isRequired(context);
    await this.checks.guarded(context, source, userId, async () => ({ type: 'Disable', userId, proof: await this.checks.proofOf(context, userId, code), required }));
  }
}
