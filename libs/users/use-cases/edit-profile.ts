import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import type { EditProfile as Edit } from '../domain/commands';
import { UserStreams, type UserOutcome } from './user-streams';

/** Edits a person's own profile, or somebody's whom one administers. */
export class EditProfile extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly profile: Pick<Edit, 'displayName' | 'phone' | 'locale'>) { super(); }
}

@CommandHandler(EditProfile)
export class EditProfileHandler implements ICommandHandler<EditProfile> {
  constructor(private readonly users: UserStreams) {}

  execute({ context, userId, profile }: EditProfile): Promise<UserOutcome> {
    return this.users.administer(context, userId, (by) => ({ type: 'EditProfile', by, ...profile }));
  }
}
