import { DomainError, timestamp, unreachable, type Decider } from '@rolebook/kernel';
import type { SessionEvent, SessionStarted } from './events';
import { runsOutAt, SESSION_MS } from './lifetime';
import { evolveSession, noSession, type SessionState } from './state';

export type SessionCommand =
  | ({ readonly type: 'StartSession' } & Readonly<SessionStarted['data']>)
  | { readonly type: 'RefreshSession'; readonly generation: number; readonly now: string }
  | { readonly type: 'SignOut' }
  | { readonly type: 'RevokeSession' };

/** Two requests of one client may race with the same refresh token: the one before the newest still works this long. */
export const REUSE_GRACE_MS = 10_000;

export const sessionRefusals = {
  unauthenticated: () => new DomainError('unauthenticated', 'The session has ended; sign in again.'),
} as const;

/** One session: started, kept alive by rotating refresh tokens (RFC 9700, section 4.14), ended for good. */
export const sessionDecider: Decider<SessionCommand, SessionState, SessionEvent> = {
  initialState: noSession,
  evolve: evolveSession,

  decide(command, session) {
    const of = { sessionId: session.id ?? '', userId: session.userId };
    switch (command.type) {
      case 'StartSession': {
        const { type: _, ...data } = command;
        return session.id === null ? [{ type: 'SessionStarted', data }] : [];
      }
      case 'RefreshSession': {
        if (session.id === null || session.ended || Date.parse(command.now) >= runsOutAt(session, usedAt(session)) || command.generation > session.generation) throw sessionRefusals.unauthenticated();
        if (command.generation === session.generation) return [{ type: 'SessionRefreshed', data: { ...of, generation: session.generation + 1, at: command.now } }];
        return isRace(command, session) ? [] : [{ type: 'RefreshTokenReused', data: { ...of, generation: command.generation } }];
      }
      case 'SignOut': return session.id === null || session.ended ? [] : [{ type: 'SignedOut', data: of }];
      case 'RevokeSession': return session.id === null || session.ended ? [] : [{ type: 'SessionRevoked', data: of }];
      default: return unreachable(command);
    }
  },
};

/** The last refresh, or the start: a session that was never refreshed has its whole life before its end. */
function usedAt({ rotatedAt, expiresAt }: SessionState): string {
  return rotatedAt ?? timestamp(Date.parse(expiresAt) - SESSION_MS);
}

function isRace(command: { readonly generation: number; readonly now: string }, session: SessionState): boolean {
  return command.generation === session.generation - 1 && session.rotatedAt !== null && Date.parse(command.now) - Date.parse(session.rotatedAt) <= REUSE_GRACE_MS;
}
