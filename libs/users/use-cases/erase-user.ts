import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Erasures } from '@rolebook/erasure';
import { momentOf, type CommandContext } from '@rolebook/event-sourcing';
import { parseEmailAddress, type EmailAddress } from '../domain/values';
import { SuperAdmins } from './super-admins';
import { UserStreams, type UserOutcome } from './user-streams';

/** Erases a person for good: the event first, then their key and all that is kept of them elsewhere. */
export class EraseUser extends Command<UserOutcome> {
  /** @param email the person's address, typed again to be sure */
  constructor(readonly context: CommandContext, readonly userId: string, readonly email: EmailAddress) { super(); }
}

@CommandHandler(EraseUser)
export class EraseUserHandler implements ICommandHandler<EraseUser> {
  constructor(private readonly users: UserStreams, private readonly superAdmins: SuperAdmins, private readonly erasures: Erasures) {}

  async execute({ context, userId, email }: EraseUser): Promise<UserOutcome> {
    const by = await this.users.administrator(context, userId);
    const { state: { email: address } } = await this.users.load(context, userId);
    const emailMatches = address !== '' && parseEmailAddress(address).normalised === email.normalised;
    const outcome = await this.superAdmins.change(context, userId, { type: 'Erase', by, emailMatches });
    const { businessId, position } = context;
    // Also where it had been erased before: it may have died half-way.
    if (!context.dryRun) await this.erasures.carryOut({ businessId, userId, at: momentOf(context), position });
    return outcome;
  }
}
