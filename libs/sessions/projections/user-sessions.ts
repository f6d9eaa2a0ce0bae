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
  /** How often all sessions have ended, as the user's stream and the second factor's count it. */
  readonly epoch: number;
  readonly twoFactorEpoch: number;
  readonly sessions: readonly SessionEntry[];
}

const ENDED_KEPT = 100;
/** What raises the session epoch of a user. */
const ENDS_ALL: ReadonlySet<string> = new Set(['SessionsRevoked', 'PasswordChanged', 'PasswordReset', 'UserDeactivated', 'UserErased']);

type Event = SessionEvent | UserEvent | TwoFactorEvent;

export const userSessions: Projection<UserSessionsDocument, Event> = {
  collection: { name: 'user-sessions-1', indexes: [] },
  handles: ['SessionStarted', 'SessionRefreshed', 'SignedOut', 'SessionRevoked', 'RefreshTokenReused', 'SessionsRevoked', 'PasswordChanged', 'PasswordReset', 'UserDeactivated', 'UserErased', 'TwoFactorReset'],
  keys: ({ event }) => [event.data.userId],
  evolve: (document, recorded, id) => {
    const before = document ?? { id, businessId: recorded.metadata.businessId, epoch: 0, twoFactorEpoch: 0, sessions: [] };
    const { type } = recorded.event;
    return {
      ...before,
      epoch: before.epoch + (ENDS_ALL.has(type) ? 1 : 0),
      twoFactorEpoch: before.twoFactorEpoch + (type === 'TwoFactorReset' ? 1 : 0),
      sessions: pruned(evolveSessions(before, recorded)),
    };
  },
};

function evolveSessions({ sessions, epoch, twoFactorEpoch }: UserSessionsDocument, recorded: Recorded<Event>): readonly SessionEntry[] {
  const { event: { type, data }, metadata, recordedAt } = recorded;
  const ended = { endedAt: recordedAt, endedBy: { type: metadata.actor.type, id: metadata.actor.type === 'user' ? metadata.actor.id : null } };
  const endAll = (kept: string | null) => sessions.map((session) => (session.endedAt !== null || session.id === kept ? session : { ...session, ...ended }));
  switch (type) {
    case 'SessionStarted': {
      const started = { id: data.sessionId, device: metadata.device, ip: metadata.ip, startedAt: recordedAt, lastSeenAt: recordedAt, expiresAt: data.expiresAt, endedAt: null, endedBy: null };
      // All sessions ended while this one was being started: it never was good for anything.
      const stands = data.epoch === epoch && data.twoFactorEpoch === twoFactorEpoch;
      return [stands ? started : { ...started, ...ended }, ...sessions];
    }
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
