import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { BusinessStreams, type BusinessOutcome } from './business-streams';

/** Stops counting a person among the active Super Admins; done before they stop being one, by a change right after `revision` of their stream. @throws {DomainError} `last-super-admin` */
export class WithdrawSuperAdmin extends Command<BusinessOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly revision: number) { super(); }
}

@CommandHandler(WithdrawSuperAdmin)
export class WithdrawSuperAdminHandler implements ICommandHandler<WithdrawSuperAdmin> {
  constructor(private readonly businesses: BusinessStreams) {}

  execute({ context, userId, revision }: WithdrawSuperAdmin): Promise<BusinessOutcome> {
    return this.businesses.execute(context, { type: 'WithdrawSuperAdmin', userId, revision }, { decideAfresh: true });
  }
}
