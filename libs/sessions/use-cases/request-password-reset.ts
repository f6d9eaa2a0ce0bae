import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InstallationSecrets } from '@rolebook/crypto';
import type { CommandContext } from '@rolebook/event-sourcing';
import { timestamp } from '@rolebook/kernel';
import { failureRate, networkOf, Throttle, TooManyAttempts } from '@rolebook/throttling';
import { UserStreams, type EmailAddress, type UserState } from '@rolebook/users/write';
import { PasswordChecks } from './password-checks';
import { SessionStreams } from './session-streams';

/** A link from the mail works this long; the mails say so too. */
export const PASSWORD_RESET_MS = 30 * 60 * 1000;
/** Mails to one address: ten at once, one more every six minutes. */
const PER_ACCOUNT = failureRate({ capacity: 10, perMs: 3600_000 });
const PER_NETWORK = failureRate({ capacity: 300, perMs: 3600_000 });

/**
 * Asks for a link that sets a new password; mail follows from the log. Nobody is told whether the address is known: the same reads, and one event, either way.
 * @throws {TooManyAttempts} for one network alone; too many mails to one address are silently none
 */
export class RequestPasswordReset extends Command<void> {
  constructor(readonly context: CommandContext, readonly email: EmailAddress | null) { super(); }
}

@CommandHandler(RequestPasswordReset)
export class RequestPasswordResetHandler implements ICommandHandler<RequestPasswordReset> {
  constructor(
    private readonly users: UserStreams, private readonly checks: PasswordChecks, private readonly sessions: SessionStreams,
    private readonly throttle: Throttle, private readonly secrets: InstallationSecrets,
  ) {}

  async execute({ context, email }: RequestPasswordReset): Promise<void> {
    await this.throttle.count([{ key: this.secrets.mac('throttle', 'reset-network', networkOf(context.given.ip)), policy: PER_NETWORK }]);
    const user = await this.checks.holderOf(context, email);
    if (context.dryRun) return; // what would happen is what nobody is told
    try {
      await this.throttle.count([{ key: this.secrets.mac('throttle', 'reset-account', context.businessId, email?.normalised ?? ''), policy: PER_ACCOUNT }]);
    } catch (error) {
      if (!(error instanceof TooManyAttempts)) throw error;
      return error.firstOfWait ? this.refused(context, user, 'throttled') : undefined;
    }
    if (user?.status !== 'active') return this.refused(context, user, user ? 'not-active' : 'unknown-address');
    await this.users.execute(context, user.id, { type: 'RequestPasswordReset', expiresAt: timestamp(context.at + PASSWORD_RESET_MS) });
  }

  private refused(context: CommandContext, user: UserState | null, reason: 'throttled' | 'not-active' | 'unknown-address'): Promise<void> {
    return this.sessions.record(context, { type: 'PasswordResetRefused', data: { userId: user?.id ?? null, reason } });
  }
}
