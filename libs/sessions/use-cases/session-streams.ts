import { Injectable } from '@nestjs/common';
import { streamNames } from '@rolebook/access';
import { Streams, type CommandContext, type Outcome, type Snapshot } from '@rolebook/event-sourcing';
import { sessionDecider, type SessionCommand } from '../domain/decider';
import type { RefreshTokenReused, SessionEvent, SignInEvent, SignInRefused } from '../domain/events';
import { sessionStream, type SessionState } from '../domain/state';

export type SessionOutcome = Outcome<SessionState, SessionEvent>;

/** The streams of sessions, as use-cases go about them. */
@Injectable()
export class SessionStreams {
  constructor(private readonly streams: Streams) {}

  load(context: CommandContext, sessionId: string): Promise<Snapshot<SessionState>> {
    return this.streams.load(sessionStream, streamNames.session(context.businessId, sessionId), context);
  }

  execute(context: CommandContext, sessionId: string, command: SessionCommand): Promise<SessionOutcome> {
    return this.streams.execute<SessionState, SessionEvent>(sessionStream, streamNames.session(context.businessId, sessionId), context,
      (session) => sessionDecider.decide(command, session));
  }

  /** Ends a session whose refresh token was stolen, whatever the request wanted with it: a dry run must not be how a thief tries it out. */
  stolen(context: CommandContext, sessionId: string, event: RefreshTokenReused): Promise<void> {
    return this.streams.record<SessionEvent>(streamNames.session(context.businessId, sessionId), context.inEarnest(), [event]);
  }

  /** Writes down a sign-in that was refused. */
  refused(context: CommandContext, data: SignInRefused['data']): Promise<void> {
    return this.record(context, { type: 'SignInRefused', data });
  }

  /** Writes down what was refused, wherever the stream stands; in a dry run too: a password was guessed all the same. */
  record(context: CommandContext, event: SignInEvent): Promise<void> {
    return this.streams.record<SignInEvent>(streamNames.signIns(context.businessId), context.inEarnest(), [event]);
  }
}
