import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { BusinessStreams, type BusinessOutcome } from './business-streams';

/** Counts a person among the active Super Admins; done after they have become one, as of `revision` of their stream. No change where that comes too late. */
export class ListSuperAdmin extends Command<BusinessOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly revision: number) { super(); }
}

@CommandHandler(ListSuperAdmin)
export class ListSuperAdminHandler implements ICommandHandler<ListSuperAdmin> {
  constructor(private readonly businesses: BusinessStreams) {}

  execute({ context, userId, revision }: ListSuperAdmin): Promise<BusinessOutcome> {
    return this.businesses.execute(context, { type: 'ListSuperAdmin', userId, revision }, { decideAfresh: true });
  }
}
