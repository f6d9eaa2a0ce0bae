import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { requireAuthorityOver, requireSettings } from '@rolebook/access';
import type { CommandContext } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import { UserStreams } from '@rolebook/users/write';
import { SessionStreams } from './session-streams';

/** Ends one session of a user: one's own, or of somebody one administers. @throws {DomainError} `not-found`, `forbidden` */
export class RevokeSession extends Command<void> {
  constructor(readonly context: CommandContext, readonly userId: string, readonly sessionId: string) { super(); }
}

@CommandHandler(RevokeSession)
export class RevokeSessionHandler implements ICommandHandler<RevokeSession> {
  constructor(private readonly sessions: SessionStreams, private readonly users: UserStreams) {}

  async execute({ context, userId, sessionId }: RevokeSession): Promise<void> {
    const by = await this.users.actor(context);
    if (by.id !== userId) requireSettings(by, 'read');
    const { state: target } = await this.users.load(context, userId);
    const { state: session } = await this.sessions.load(context, sessionId);
    if (target.status === 'none') throw new DomainError('not-found', 'There is no such user.');
    if (by.id !== userId) requireAuthorityOver(by, target);
    if (session.id === null || session.userId !== userId) throw new DomainError('not-found', 'There is no such session.');
    await this.sessions.execute(context, sessionId, { type: 'RevokeSession' });
  }
}
