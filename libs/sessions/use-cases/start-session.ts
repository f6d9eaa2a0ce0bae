import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { timestamp } from '@rolebook/kernel';
import type { UserState } from '@rolebook/users/write';
import type { SessionStarted } from '../domain/events';
import { SessionStreams } from './session-streams';

/** A session ends 30 days after it started, whatever is done with it (NIST SP 800-63B-4, section 2.1.3). */
export const SESSION_MS = 30 * 24 * 3600 * 1000;

export interface StartedSession {
  readonly businessId: string;
  readonly userId: string;
  readonly sessionId: string;
  /** Of its first refresh token. */
  readonly generation: number;
}

/** Starts a session of somebody who has shown who they are. */
export class StartSession extends Command<StartedSession> {
  constructor(readonly context: CommandContext, readonly user: UserState, readonly method: SessionStarted['data']['method']) { super(); }
}

@CommandHandler(StartSession)
export class StartSessionHandler implements ICommandHandler<StartSession> {
  constructor(private readonly sessions: SessionStreams) {}

  async execute({ context, user, method }: StartSession): Promise<StartedSession> {
    const sessionId = context.idFor('session');
    const { state } = await this.sessions.execute(context.as({ sessionId }), sessionId, {
      type: 'StartSession', sessionId, userId: user.id, epoch: user.sessionEpoch, expiresAt: timestamp(context.at + SESSION_MS), method,
    });
    return { businessId: context.businessId, userId: user.id, sessionId, generation: state.generation };
  }
}
