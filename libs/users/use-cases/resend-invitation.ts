import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { timestamp } from '@rolebook/kernel';
import { INVITATION_MS } from './invite-user';
import { InvitationMails } from './invitation-mails';
import { UserStreams, type UserOutcome } from './user-streams';

/** Sends an open or expired invitation again: the older link is worthless, a new 7 days start. @throws {TooManyAttempts} for too many mails to one address */
export class ResendInvitation extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string) { super(); }
}

@CommandHandler(ResendInvitation)
export class ResendInvitationHandler implements ICommandHandler<ResendInvitation> {
  constructor(private readonly users: UserStreams, private readonly mails: InvitationMails) {}

  async execute({ context, userId }: ResendInvitation): Promise<UserOutcome> {
    const resend = (how: CommandContext) => this.users.administer(how, userId, (by) => ({ type: 'ResendInvitation', by, expiresAt: timestamp(context.at + INVITATION_MS) }));
    const { state: { email } } = await resend(context.rehearsal()); // refused before it is counted
    await this.mails.another(context, email);
    return resend(context);
  }
}
