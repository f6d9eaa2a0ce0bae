import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Locale } from '../domain/events';
import type { EmailAddress } from '../domain/values/email-address';
import { EmailAddresses } from './email-addresses';
import { UserStreams, type UserOutcome } from './user-streams';

/** Makes the owner of a new business: an active Super Admin. */
export class RegisterOwner extends Command<UserOutcome> {
  constructor(
    readonly context: CommandContext,
    readonly owner: { readonly userId: string; readonly email: EmailAddress; readonly displayName: string; readonly locale: Locale; readonly passwordHash: string },
  ) { super(); }
}

@CommandHandler(RegisterOwner)
export class RegisterOwnerHandler implements ICommandHandler<RegisterOwner> {
  constructor(private readonly users: UserStreams, private readonly emails: EmailAddresses) {}

  async execute({ context, owner: { email, ...owner } }: RegisterOwner): Promise<UserOutcome> {
    await this.emails.reserve(context, email.normalised, owner.userId);
    return this.users.execute(context, owner.userId, { type: 'RegisterOwner', email: email.address, ...owner });
  }
}
