import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { CommandContext } from '@rolebook/event-sourcing';
import { timestamp } from '@rolebook/kernel';
import type { UserState } from '@rolebook/users/write';
import type { SessionStarted } from '../domain/events';
import { SESSION_MS } from '../domain/lifetime';
import { SessionStreams } from './session-streams';

export interface StartedSession {
  readonly businessId: string;
  readonly userId: string;
  readonly sessionId: string;
  /** Of its first refresh token. */
  readonly generation: number;
}

/** Starts a session of somebody who has shown who they are. `isNew`: whether this command started it. */
export class StartSession extends Command<StartedSession & { readonly isNew: boolean }> {
  /** @param user and how.twoFactorEpoch as they were when the proof was made: what has ended sessions since ends this one too. @param how.sessionId reserved before; else it derives from the command */
  constructor(readonly context: CommandContext, readonly user: UserState, readonly how: Pick<SessionStarted['data'], 'method' | 'newDevice' | 'twoFactorEpoch'> & { readonly sessionId?: string }) { super(); }
}

@CommandHandler(StartSession)
export class StartSessionHandler implements ICommandHandler<StartSession> {
  constructor(private readonly sessions: SessionStreams) {}

  async execute({ context, user, how: { method, newDevice, twoFactorEpoch, sessionId = context.idFor('session') } }: StartSession): Promise<StartedSession & { isNew: boolean }> {
    const { state, events } = await this.sessions.execute(context.as({ sessionId }), sessionId, {
      type: 'StartSession', sessionId, userId: user.id, epoch: user.sessionEpoch, twoFactorEpoch, expiresAt: timestamp(context.at + SESSION_MS), method, newDevice,
    });
    return { businessId: context.businessId, userId: user.id, sessionId, generation: state.generation, isNew: events.length > 0 };
  }
}
