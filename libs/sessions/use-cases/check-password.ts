import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import { TooManyAttempts } from '@rolebook/throttling';
import { UserStreams } from '@rolebook/users/write';
import type { PasswordCheckRefused } from '../domain/events';
import { PasswordChecks } from './password-checks';
import { SessionStreams } from './session-streams';

/**
 * Has the signed-in person show the password again, before something that matters. @returns the hash that it was right for. In a retry of a command
 * that has done what the password was shown for, it is not asked again: that may have been to change it.
 * @throws {DomainError} `invalid-credentials`. @throws {TooManyAttempts}
 */
export class CheckPassword extends Command<string> {
  constructor(readonly context: CommandContext, readonly sessionId: string, readonly password: string, readonly operation: PasswordCheckRefused['data']['operation']) { super(); }
}

@CommandHandler(CheckPassword)
export class CheckPasswordHandler implements ICommandHandler<CheckPassword> {
  constructor(private readonly users: UserStreams, private readonly checks: PasswordChecks, private readonly sessions: SessionStreams) {}

  async execute({ context, sessionId, password, operation }: CheckPassword): Promise<string> {
    const user = await this.users.actor(context);
    if (user.passwordHash && await this.users.hasChangedActor(context)) return user.passwordHash;
    const refused = (reason: PasswordCheckRefused['data']['reason']) => this.sessions.record(context, { type: 'PasswordCheckRefused', data: { userId: user.id, operation, reason } });
    const proven = await this.checks.guess(context, user.id, `session ${sessionId}`, user, password).catch(async (error: unknown) => {
      if (error instanceof TooManyAttempts && error.firstOfWait) await refused('throttled');
      throw error;
    });
    if (proven?.passwordHash) return proven.passwordHash;
    await refused('wrong-password');
    throw new DomainError('invalid-credentials', 'The password is wrong.');
  }
}
