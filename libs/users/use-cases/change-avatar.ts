import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { UserStreams, type UserOutcome } from './user-streams';

/** Points to another picture (already stored), or to none. */
export class ChangeAvatar extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly avatar: string | null) { super(); }
}

@CommandHandler(ChangeAvatar)
export class ChangeAvatarHandler implements ICommandHandler<ChangeAvatar> {
  constructor(private readonly users: UserStreams) {}

  execute({ context, userId, avatar }: ChangeAvatar): Promise<UserOutcome> {
    return this.users.administer(context, userId, (by) => ({ type: 'ChangeAvatar', by, avatar }));
  }
}
