import { DomainError, unreachable, type Decider, type DomainEvent, type EventDefinitions } from '@rolebook/kernel';

type Of = { sessionId: string; userId: string };

/** Device and address stand in the event's metadata. `epoch` is the user's session epoch at that moment. */
export type SessionStarted = DomainEvent<'SessionStarted', Of & { epoch: number; expiresAt: string; method: 'password' | 'password-and-two-factor' }>;
/** The refresh token was exchanged: `generation` is the new one's. */
export type SessionRefreshed = DomainEvent<'SessionRefreshed', Of & { generation: number; at: string }>;
export type SignedOut = DomainEvent<'SignedOut', Of>;
export type SessionRevoked = DomainEvent<'SessionRevoked', Of>;
/** An old refresh token came back: stolen, or kept by mistake. Ends the session. */
export type RefreshTokenReused = DomainEvent<'RefreshTokenReused', Of & { generation: number }>;

/** What happens in the stream `session-<business>-<id>`. */
export type SessionEvent = SessionStarted | SessionRefreshed | SignedOut | SessionRevoked | RefreshTokenReused;

export const sessionEvents: EventDefinitions<SessionEvent> = {
  SessionStarted: { action: 'session.started', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: null, to: 'active' }] },
  SessionRefreshed: { action: 'session.refreshed', user: 'userId', sealed: {}, changes: () => [] },
  SignedOut: { action: 'session.signed-out', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: 'active', to: 'ended' }] },
  SessionRevoked: { action: 'session.revoked', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: 'active', to: 'ended' }] },
  RefreshTokenReused: { action: 'session.refresh-token-reused', user: 'userId', sealed: {}, changes: () => [{ field: 'status', from: 'active', to: 'ended' }] },
};

export interface SessionState {
  readonly id: string | null;
  readonly userId: string;
  readonly epoch: number;
  readonly ended: boolean;
  readonly expiresAt: string;
  /** Generation of the newest refresh token, and since when. */
  readonly generation: number;
  readonly rotatedAt: string | null;
}

export type SessionCommand =
  | { readonly type: 'StartSession'; readonly sessionId: string; readonly userId: string; readonly epoch: number; readonly expiresAt: string; readonly method: SessionStarted['data']['method'] }
  | { readonly type: 'RefreshSession'; readonly generation: number; readonly now: string }
  | { readonly type: 'SignOut' }
  | { readonly type: 'RevokeSession' };

/** Two requests of one client may race with the same refresh token: the one before the newest still works this long. */
export const REUSE_GRACE_MS = 10_000;

export const sessionRefusals = {
  unauthenticated: () => new DomainError('unauthenticated', 'The session has ended; sign in again.'),
} as const;

/** One session: started, kept alive by rotating refresh tokens (RFC 9700, section 4.14), ended for good. */
export const sessionDecider: Decider<SessionCommand, SessionState, SessionEvent> & { kind: string } = {
  kind: 'session',
  initialState: { id: null, userId: '', epoch: 0, ended: false, expiresAt: '', generation: 0, rotatedAt: null },

  decide(command, session) {
    const of = { sessionId: session.id ?? '', userId: session.userId };
    switch (command.type) {
      case 'StartSession': {
        const { type: _, ...data } = command;
        return session.id === null ? [{ type: 'SessionStarted', data }] : [];
      }
      case 'RefreshSession': {
        if (session.id === null || session.ended || command.now >= session.expiresAt || command.generation > session.generation) throw sessionRefusals.unauthenticated();
        if (command.generation === session.generation) return [{ type: 'SessionRefreshed', data: { ...of, generation: session.generation + 1, at: command.now } }];
        return isRace(command, session) ? [] : [{ type: 'RefreshTokenReused', data: { ...of, generation: command.generation } }];
      }
      case 'SignOut': return session.id === null || session.ended ? [] : [{ type: 'SignedOut', data: of }];
      case 'RevokeSession': return session.id === null || session.ended ? [] : [{ type: 'SessionRevoked', data: of }];
      default: return unreachable(command);
    }
  },

  evolve(session, { type, data }) {
    switch (type) {
      case 'SessionStarted': return { ...session, id: data.sessionId, userId: data.userId, epoch: data.epoch, expiresAt: data.expiresAt };
      case 'SessionRefreshed': return { ...session, generation: data.generation, rotatedAt: data.at };
      case 'SignedOut':
      case 'SessionRevoked':
      case 'RefreshTokenReused': return { ...session, ended: true };
      default: return unreachable(type);
    }
  },
};

function isRace(command: { readonly generation: number; readonly now: string }, session: SessionState): boolean {
  return command.generation === session.generation - 1 && session.rotatedAt !== null && Date.parse(command.now) - Date.parse(session.rotatedAt) <= REUSE_GRACE_MS;
}
