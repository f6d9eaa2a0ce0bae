import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { timestamp } from '@rolebook/kernel';
import type { Overrides, Role } from '@rolebook/access';
import type { CommandContext } from '@rolebook/event-sourcing';
import { userDecider } from '../domain/decider';
import type { Locale } from '../domain/events';
import { noUser } from '../domain/state';
import type { EmailAddress } from '../domain/values/email-address';
import { EmailAddresses } from './email-addresses';
import { InvitationMails } from './invitation-mails';
import { UserStreams, type UserOutcome } from './user-streams';

/** An activation link works for 7 days. */
export const INVITATION_MS = 7 * 24 * 3600 * 1000;

/** Invites a person: reserves the address, then makes the user. Mail follows from the log. @throws {TooManyAttempts} for too many mails to one address */
export class InviteUser extends Command<UserOutcome> {
  constructor(
    readonly context: CommandContext,
    readonly invitation: { readonly email: EmailAddress; readonly role: Role; readonly overrides: Overrides; readonly displayName: string | null; readonly locale: Locale },
  ) { super(); }
}

@CommandHandler(InviteUser)
export class InviteUserHandler implements ICommandHandler<InviteUser> {
  constructor(private readonly users: UserStreams, private readonly emails: EmailAddresses, private readonly mails: InvitationMails) {}

  async execute({ context, invitation: { email, ...invitation } }: InviteUser): Promise<UserOutcome> {
    const by = await this.users.actor(context);
    const userId = context.idFor('user');
    const command = { type: 'Invite' as const, by, userId, email: email.address, ...invitation, expiresAt: timestamp(context.at + INVITATION_MS) };
    userDecider.decide(command, noUser); // refused before the address is touched
    await this.emails.reserve(context, email.normalised, userId, () => this.mails.another(context, email.address));
    return this.users.execute(context, userId, command);
  }
}
