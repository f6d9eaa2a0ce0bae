import fc from 'fast-check';
import { fold, type Actor, type Recorded } from '@rolebook/kernel';
import { sessionStands, userStream } from '@rolebook/users/read';
import type { UserEvent } from '@rolebook/users/events';
import { userSessions, type SessionEntry, type UserSessionsDocument } from './user-sessions';

type Event = Parameters<typeof userSessions.evolve>[1]['event'];
interface Happening { readonly event: Event; readonly actor?: Actor; readonly device?: string; readonly ip?: string }

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 9, n)).toISOString();
const EXPIRES = '2026-03-31T00:00:00.000Z';
const anna: Actor = { type: 'user', id: 'anna' };
const sue: Actor = { type: 'user', id: 'sue' };

const started = (sessionId: string, epoch = 0, twoFactorEpoch = 0): Event => ({
  type: 'SessionStarted', data: { sessionId, userId: 'anna', epoch, twoFactorEpoch, expiresAt: EXPIRES, method: 'password', newDevice: false },
});
const ofSession = (type: 'SignedOut' | 'SessionRevoked', sessionId: string): Event => ({ type, data: { sessionId, userId: 'anna' } });
const revokedAll = (keptSessionId: string | null): Event => ({ type: 'SessionsRevoked', data: { userId: 'anna', keptSessionId, reason: 'revoked' } });

function project(happenings: readonly Happening[]): UserSessionsDocument | null {
  let document: UserSessionsDocument | null = null;
  happenings.forEach(({ event, actor = anna, device = 'Chrome on macOS', ip = '192.0.2.7' }, n) => {
    const recorded: Recorded<Event> = {
      id: `e${n}`, event, stream: 'any-b1-x', revision: 0, position: n + 1, recordedAt: minute(n),
      metadata: { businessId: 'b1', actor, commandId: 'c', requestId: null, sessionId: null, ip, device },
    };
    expect(userSessions.handles).toContain(event.type);
    for (const id of userSessions.keys(recorded)) document = userSessions.evolve(document, recorded, id);
  });
  return document;
}
const after = (...events: Event[]) => project(events.map((event) => ({ event })))!;

const live = (id: string, startedAt: string, over: Partial<SessionEntry> = {}): SessionEntry => ({
  id, device: 'Chrome on macOS', ip: '192.0.2.7', startedAt, lastSeenAt: startedAt, expiresAt: EXPIRES, endedAt: null, endedBy: null, ...over,
});
const by = (id: string) => ({ type: 'user' as const, id });

describe('the sessions of a user', () => {
  it('are listed newest first, with where they were started from', () => {
    expect(project([{ event: started('s1') }, { event: started('s2'), device: 'Safari on iOS', ip: '192.0.2.9' }])).toEqual({
      id: 'anna', businessId: 'b1', epoch: 0, twoFactorEpoch: 0, sessions: [live('s2', minute(1), { device: 'Safari on iOS', ip: '192.0.2.9' }), live('s1', minute(0))],
    });
  });

  it('were last seen when they were refreshed, from there', () => {
    expect(project([{ event: started('s1') }, { event: { type: 'SessionRefreshed', data: { sessionId: 's1', userId: 'anna', generation: 1, at: minute(1) } }, ip: '192.0.2.200' }])!.sessions)
      .toEqual([live('s1', minute(0), { lastSeenAt: minute(1), ip: '192.0.2.200' })]);
  });

  it('end one by one, and say who ended them', () => {
    expect(project([{ event: started('s1') }, { event: started('s2') }, { event: ofSession('SessionRevoked', 's1'), actor: sue }, { event: ofSession('SignedOut', 's2') }])!.sessions)
      .toEqual([live('s2', minute(1), { endedAt: minute(3), endedBy: by('anna') }), live('s1', minute(0), { endedAt: minute(2), endedBy: by('sue') })]);
  });

  it.each<[string, Event]>([
    ['revoked', revokedAll(null)],
    ['the password was reset', { type: 'PasswordReset', data: { userId: 'anna', passwordHash: 'h', generation: 1 } }],
    ['the user was deactivated', { type: 'UserDeactivated', data: { userId: 'anna', reason: null } }],
    ['the second factor was reset', { type: 'TwoFactorReset', data: { userId: 'anna', channel: 'phone', spokeWith: 'Anna', verifiedAt: minute(0), note: null } }],
  ])('end all at once: %s', (_why, end) => {
    expect(after(started('s1'), started('s2'), end).sessions.map(({ id, endedAt, endedBy }) => ({ id, endedAt, endedBy })))
      .toEqual([{ id: 's2', endedAt: minute(2), endedBy: by('anna') }, { id: 's1', endedAt: minute(2), endedBy: by('anna') }]);
  });

  it('end but for the one that is kept', () => {
    expect(after(started('s1'), started('s2'), revokedAll('s1')).sessions.map(({ id, endedAt }) => ({ id, endedAt }))).toEqual([{ id: 's2', endedAt: minute(2) }, { id: 's1', endedAt: null }]);
    expect(after(started('s1'), { type: 'PasswordChanged', data: { userId: 'anna', passwordHash: 'h', keptSessionId: 's1' } }).sessions).toEqual([live('s1', minute(0))]);
  });

  it('keep the first ending, whatever follows', () => {
    expect(after(started('s1'), ofSession('SignedOut', 's1'), ofSession('SessionRevoked', 's1'), revokedAll(null)).sessions[0]!.endedAt).toBe(minute(1));
  });

  it('that were started while all of them ended are listed as what they are: over', () => {
    expect(after(revokedAll(null), started('s1', 0)).sessions).toEqual([live('s1', minute(1), { endedAt: minute(1), endedBy: by('anna') })]);
    expect(after(revokedAll(null), started('s1', 1)).sessions).toEqual([live('s1', minute(1))]);
  });

  it('are gone when the person is erased: device and address are personal', () => {
    expect(after(started('s1'), { type: 'UserErased', data: { userId: 'anna' } })).toEqual({ id: 'anna', businessId: 'b1', epoch: 1, twoFactorEpoch: 0, sessions: [] });
  });

  it('are all kept while they live, and a hundred after they have ended', () => {
    const many = Array.from({ length: 120 }, (_, n) => [started(`s${n}`), ofSession('SignedOut', `s${n}`)]).flat();
    const { sessions } = after(started('live'), ...many);

    expect(sessions).toHaveLength(101);
    expect([sessions.at(0)!.id, sessions.at(-2)!.id, sessions.at(-1)!.id]).toEqual(['s119', 's20', 'live']);
  });

  it('stand in the list where they stand in the streams, after any history', () => {
    const kept = fc.option(fc.constantFrom('s0', 's1', 's2'));
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.record({ start: fc.integer({ min: 0, max: 1 }) }) },
      fc.record({ end: fc.constantFrom('SessionsRevoked' as const, 'PasswordChanged' as const), kept }),
    );
    const ending = (type: 'SessionsRevoked' | 'PasswordChanged', keptSessionId: string | null): UserEvent => (type === 'SessionsRevoked'
      ? { type, data: { userId: 'anna', keptSessionId, reason: 'revoked' } }
      : { type, data: { userId: 'anna', passwordHash: 'h', keptSessionId } });
    fc.assert(fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const user: UserEvent[] = [{ type: 'OwnerRegistered', data: { userId: 'anna', email: 'a@example.com', displayName: 'Anna', locale: 'en', role: 'super-admin', passwordHash: 'h' } }];
      const events: Event[] = [];
      const sessions: { readonly id: string; readonly epoch: number }[] = [];
      for (const one of steps) {
        if ('end' in one) {
          // Nobody asks to keep a session that has not been started yet.
          const end = ending(one.end, sessions.some(({ id }) => id === one.kept) ? one.kept : null);
          user.push(end);
          events.push(end);
          continue;
        }
        // Some were on their way while all sessions ended.
        const session = { id: `s${sessions.length}`, epoch: Math.max(0, fold(userStream, user).sessionEpoch - one.start) };
        sessions.push(session);
        events.push(started(session.id, session.epoch));
      }
      const standing = sessions.filter((session) => sessionStands(fold(userStream, user), session)).map(({ id }) => id);
      const listed = events.length === 0 ? [] : after(...events).sessions.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);
      expect(listed.sort()).toEqual(standing.sort());
    }));
  });
});
