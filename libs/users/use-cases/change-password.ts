import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { UserStreams, type UserOutcome } from './user-streams';

/**
 * Changes one's own password and ends every other session. `current`: the hash that the current password was checked against; where another
 * one stands by now, the check was worth nothing.
 * @throws {DomainError} `invalid-credentials`
 */
export class ChangePassword extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly current: string, readonly passwordHash: string, readonly keptSessionId: string) { super(); }
}

@CommandHandler(ChangePassword)
export class ChangePasswordHandler implements ICommandHandler<ChangePassword> {
  constructor(private readonly users: UserStreams) {}

  execute({ context, current, passwordHash, keptSessionId }: ChangePassword): Promise<UserOutcome> {
    return this.users.execute(context, context.userId, { type: 'ChangePassword', current, passwordHash, keptSessionId });
  }
}
