import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { momentOf, type CommandContext } from '@rolebook/event-sourcing';
import { DomainError } from '@rolebook/kernel';
import { TwoFactorStreams } from '@rolebook/two-factor/write';
import { sessionStands, UserStreams } from '@rolebook/users/write';
import { sessionRefusals } from '../domain/decider';
import { SessionStreams } from './session-streams';
import type { StartedSession } from './start-session';

/** Exchanges a refresh token of this generation for the next one. @throws {DomainError} `refresh-token-reused`, after the session has been ended */
export class RefreshSession extends Command<StartedSession> {
  constructor(readonly context: CommandContext, readonly sessionId: string, readonly generation: number) { super(); }
}

@CommandHandler(RefreshSession)
export class RefreshSessionHandler implements ICommandHandler<RefreshSession> {
  constructor(private readonly sessions: SessionStreams, private readonly users: UserStreams, private readonly twoFactor: TwoFactorStreams) {}

  async execute({ context, sessionId, generation }: RefreshSession): Promise<StartedSession> {
    const { state: session } = await this.sessions.load(context, sessionId);
    const { state: user } = await this.users.load(context, session.userId);
    const { epoch: twoFactorEpoch } = await this.twoFactor.load(context, session.userId);
    if (!sessionStands(user, { id: sessionId, epoch: session.epoch }) || session.twoFactorEpoch !== twoFactorEpoch) throw sessionRefusals.unauthenticated();
    const bearer = context.as({ actor: { type: 'user', id: user.id }, sessionId });
    const { events, state } = await this.sessions.execute(bearer, sessionId, { type: 'RefreshSession', generation, now: momentOf(context) });
    for (const event of events) {
      if (event.type !== 'RefreshTokenReused') continue;
      if (context.dryRun) await this.sessions.stolen(bearer, sessionId, event);
      throw new DomainError('refresh-token-reused', 'The refresh token was used before; the session has been ended.');
    }
    return { businessId: context.businessId, userId: user.id, sessionId, generation: state.generation };
  }
}
