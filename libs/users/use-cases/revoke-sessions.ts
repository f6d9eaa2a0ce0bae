import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { RevokeSessions as Revoke } from '../domain/commands';
import { UserStreams, type UserOutcome } from './user-streams';

/** Ends every session of a user, but the one kept. */
export class RevokeSessions extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly keptSessionId: string | null, readonly reason: Revoke['reason']) { super(); }
}

@CommandHandler(RevokeSessions)
export class RevokeSessionsHandler implements ICommandHandler<RevokeSessions> {
  constructor(private readonly users: UserStreams) {}

  execute({ context, userId, keptSessionId, reason }: RevokeSessions): Promise<UserOutcome> {
    return this.users.administer(context, userId, (by) => ({ type: 'RevokeSessions', by, keptSessionId, reason }));
  }
}
