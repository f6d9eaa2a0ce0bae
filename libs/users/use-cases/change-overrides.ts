import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { ChangeOverrides as Change } from '../domain/commands';
import { UserStreams, type UserOutcome } from './user-streams';

/** Sets and removes overrides of single modules. */
export class ChangeOverrides extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly overrides: Change['overrides'], readonly reason: string | null) { super(); }
}

@CommandHandler(ChangeOverrides)
export class ChangeOverridesHandler implements ICommandHandler<ChangeOverrides> {
  constructor(private readonly users: UserStreams) {}

  execute({ context, userId, overrides, reason }: ChangeOverrides): Promise<UserOutcome> {
    return this.users.administer(context, userId, (by) => ({ type: 'ChangeOverrides', by, overrides, reason }));
  }
}
