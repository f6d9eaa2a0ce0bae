import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { momentOf, type CommandContext } from '@rolebook/event-sourcing';
import { SuperAdmins } from './super-admins';
import type { UserOutcome } from './user-streams';

/** Accepts an invitation by the link: sets name and password, makes the user active. */
export class AcceptInvitation extends Command<UserOutcome> {
  constructor(
    readonly context: CommandContext, readonly userId: string, readonly generation: number,
    readonly account: { readonly displayName: string; readonly phone: string | null; readonly passwordHash: string },
  ) { super(); }
}

@CommandHandler(AcceptInvitation)
export class AcceptInvitationHandler implements ICommandHandler<AcceptInvitation> {
  constructor(private readonly superAdmins: SuperAdmins) {}

  execute({ context, userId, generation, account }: AcceptInvitation): Promise<UserOutcome> {
    return this.superAdmins.change(context, userId, { type: 'AcceptInvitation', generation, now: momentOf(context), ...account });
  }
}
