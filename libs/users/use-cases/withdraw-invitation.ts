import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { UserStreams, type UserOutcome } from './user-streams';

/** Withdraws an open invitation; the address is free again. */
export class WithdrawInvitation extends Command<UserOutcome> {
  constructor(readonly context: CommandContext, readonly userId: string) { super(); }
}

@CommandHandler(WithdrawInvitation)
export class WithdrawInvitationHandler implements ICommandHandler<WithdrawInvitation> {
  constructor(private readonly users: UserStreams) {}

  execute({ context, userId }: WithdrawInvitation): Promise<UserOutcome> {
    return this.users.administer(context, userId, (by) => ({ type: 'WithdrawInvitation', by }));
  }
}
