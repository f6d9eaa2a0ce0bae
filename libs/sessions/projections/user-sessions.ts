import type { Actor, Projection, Recorded } from '@rolebook/kernel';
import type { TwoFactorEvent } from '@rolebook/two-factor/events';
import type { UserEvent } from '@rolebook/users/events';
import type { SessionEvent } from '../domain/events';

export interface SessionEntry {
  readonly id: string;
  readonly device: string | null;
  readonly ip: string | null;
  readonly startedAt: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
  readonly endedBy: { readonly type: Actor['type']; readonly id: string | null } | null;
}

/** A user's sessions, newest first: all that are live, and the last hundred that have ended. */
export interface UserSessionsDocument {
  /** The user's. */
  readonly id: string;
  readonly businessId: string;
  readonly sessions: readonly SessionEntry[];
}

const ENDED_KEPT = 100;

type Event = SessionEvent | UserEvent | TwoFactorEvent;

export const userSessions: Projection<UserSessionsDocument, Event> = {
  collection: { name: 'user-sessions-1', indexes: [] },
  handles: ['SessionStarted', 'SessionRefreshed', 'SignedOut', 'SessionRevoked', 'RefreshTokenReused', 'SessionsRevoked', 'PasswordChanged', 'PasswordReset', 'UserDeactivated', 'UserErased', 'TwoFactorReset'],
  keys: ({ event }) => [event.data.userId],
  evolve: (document, recorded, id) => {
    const before = document ?? { id, businessId: recorded.metadata.businessId, sessions: [] };
    return { ...before, sessions: pruned(evolveSessions(before.sessions, recorded)) };
  },
};

function evolveSessions(sessions: readonly SessionEntry[], recorded: Recorded<Event>): readonly SessionEntry[] {
  const { event: { type, data }, metadata, recordedAt } = recorded;
  const ended = { endedAt: recordedAt, endedBy: { type: metadata.actor.type, id: metadata.actor.type === 'user' ? metadata.actor.id : null } };
  const endAll = (kept: string | null) => sessions.map((session) => (session.endedAt !== null || session.id === kept ? session : { ...session, ...ended }));
  switch (type) {
    case 'SessionStarted':
      return [{ id: data.sessionId, device: metadata.device, ip: metadata.ip, startedAt: recordedAt, lastSeenAt: recordedAt, expiresAt: data.expiresAt, endedAt: null, endedBy: null }, ...sessions];
    case 'SessionRefreshed':
      return sessions.map((session) => (session.id === data.sessionId ? { ...session, lastSeenAt: recordedAt, ip: metadata.ip ?? session.ip } : session));
    case 'SignedOut':
    case 'SessionRevoked':
    case 'RefreshTokenReused':
      return sessions.map((session) => (session.id === data.sessionId && session.endedAt === null ? { ...session, ...ended } : session));
    case 'SessionsRevoked':
    case 'PasswordChanged': return endAll(data.keptSessionId);
    case 'PasswordReset':
    case 'TwoFactorReset':
    case 'UserDeactivated': return endAll(null);
    case 'UserErased': return [];
    default: return sessions;
  }
}

function pruned(sessions: readonly SessionEntry[]): readonly SessionEntry[] {
  let ended = 0;
  return sessions.filter(({ endedAt }) => endedAt === null || ++ended <= ENDED_KEPT);
}
