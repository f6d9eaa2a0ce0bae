import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { SuperAdmins } from './super-admins';
import { UserStreams, type UserOutcome } from './user-streams';

/** Gives a deactivated person the old role, overrides and profile back; sessions stay ended. */
export class ReactivateUser extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly reason: string | null) { super(); }
}

@CommandHandler(ReactivateUser)
export class ReactivateUserHandler implements ICommandHandler<ReactivateUser> {
  constructor(private readonly users: UserStreams, private readonly superAdmins: SuperAdmins) {}

  async execute({ context, userId, reason }: ReactivateUser): Promise<UserOutcome> {
    const by = await this.users.administrator(context, userId);
    return this.superAdmins.change(context, userId, { type: 'Reactivate', by, reason });
  }
}
