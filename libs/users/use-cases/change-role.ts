import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { Role } from '@rolebook/access';
import { SuperAdmins } from './super-admins';
import { UserStreams, type UserOutcome } from './user-streams';

/** Gives a person another role; overrides go unless they are kept. */
export class ChangeRole extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly role: Role, readonly keepOverrides: boolean, readonly reason: string | null) { super(); }
}

@CommandHandler(ChangeRole)
export class ChangeRoleHandler implements ICommandHandler<ChangeRole> {
  constructor(private readonly users: UserStreams, private readonly superAdmins: SuperAdmins) {}

  async execute({ context, userId, role, keepOverrides, reason }: ChangeRole): Promise<UserOutcome> {
    const by = await this.users.administrator(context, userId);
    return this.superAdmins.change(context, userId, { type: 'ChangeRole', by, role, keepOverrides, reason });
  }
}
