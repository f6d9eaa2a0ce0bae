import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { timestamp } from '@rolebook/kernel';
import { INVITATION_MS } from './invite-user';
import { UserStreams, type UserOutcome } from './user-streams';

/** Sends an open or expired invitation again: the older link is worthless, a new 7 days start. */
export class ResendInvitation extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string) { super(); }
}

@CommandHandler(ResendInvitation)
export class ResendInvitationHandler implements ICommandHandler<ResendInvitation> {
  constructor(private readonly users: UserStreams) {}

  execute({ context, userId }: ResendInvitation): Promise<UserOutcome> {
    return this.users.administer(context, userId, (by) => ({ type: 'ResendInvitation', by, expiresAt: timestamp(context.at + INVITATION_MS) }));
  }
}
