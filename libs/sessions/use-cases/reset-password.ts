import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { momentOf, type CommandContext } from '@rolebook/event-sourcing';
import { parseEmailAddress, UserStreams } from '@rolebook/users/write';
import { KnownDevices } from '../device/known-devices';
import { PasswordChecks } from './password-checks';

/**
 * Sets a new password by the link from the mail: once, and every session ends. Two-factor stays as it is, and is asked for at the next sign-in.
 * What was guessed at the old password counts no more, and no device counts as known.
 * @throws {DomainError} `invalid-reset-token`
 */
export class ResetPassword extends Command<void> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly generation: number, readonly passwordHash: string) { super(); }
}

@CommandHandler(ResetPassword)
export class ResetPasswordHandler implements ICommandHandler<ResetPassword> {
  constructor(private readonly users: UserStreams, private readonly checks: PasswordChecks, private readonly devices: KnownDevices) {}

  async execute({ context, userId, generation, passwordHash }: ResetPassword): Promise<void> {
    const { state } = await this.users.execute(context, userId, { type: 'ResetPassword', generation, now: momentOf(context), passwordHash });
    if (context.dryRun) return;
    await this.devices.forget(context.businessId, userId);
    await this.checks.forget(context.businessId, parseEmailAddress(state.email).normalised);
  }
}
