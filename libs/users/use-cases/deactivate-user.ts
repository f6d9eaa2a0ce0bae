import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { SuperAdmins } from './super-admins';
import { UserStreams, type UserOutcome } from './user-streams';

/** Ends all sessions of a person and lets them in no more. */
export class DeactivateUser extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly reason: string | null) { super(); }
}

@CommandHandler(DeactivateUser)
export class DeactivateUserHandler implements ICommandHandler<DeactivateUser> {
  constructor(private readonly users: UserStreams, private readonly superAdmins: SuperAdmins) {}

  async execute({ context, userId, reason }: DeactivateUser): Promise<UserOutcome> {
    const by = await this.users.administrator(context, userId);
    return this.superAdmins.change(context, userId, { type: 'Deactivate', by, reason });
  }
}
