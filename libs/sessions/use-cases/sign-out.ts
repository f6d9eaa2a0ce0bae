import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { SessionStreams } from './session-streams';

/** Ends one's own session, from within it. */
export class SignOut extends Command<void> {
  constructor(readonly context: CommandContext, readonly sessionId: string) { super(); }
}

@CommandHandler(SignOut)
export class SignOutHandler implements ICommandHandler<SignOut> {
  constructor(private readonly sessions: SessionStreams) {}

  async execute({ context, sessionId }: SignOut): Promise<void> {
    await this.sessions.execute(context, sessionId, { type: 'SignOut' });
  }
}
