import fc from 'fast-check';
import { DomainError, timestamp } from '@rolebook/kernel';
import { given } from '@rolebook/kernel/spec-helpers';
import { REUSE_GRACE_MS, sessionDecider, type SessionCommand } from './decider';
import type { SessionEvent } from './events';
import { evolveSession, noSession, sessionStream } from './state';

const session = (...history: SessionEvent[]) => given(sessionDecider, ...history);

const START = Date.parse('2026-03-01T00:00:00.000Z');
const EXPIRES = '2026-03-31T00:00:00.000Z';
const after = (milliseconds: number) => timestamp(START + milliseconds);
const DAY = 24 * 3600_000;
const of = { sessionId: 's1', userId: 'anna' };

const started: SessionEvent = { type: 'SessionStarted', data: { ...of, epoch: 0, twoFactorEpoch: 0, newDevice: false, expiresAt: EXPIRES, method: 'password' } };
const refreshed = (generation: number, at: string): SessionEvent => ({ type: 'SessionRefreshed', data: { ...of, generation, at } });
const reused = (generation: number): SessionEvent => ({ type: 'RefreshTokenReused', data: { ...of, generation } });
const signedOut: SessionEvent = { type: 'SignedOut', data: of };
const revoked: SessionEvent = { type: 'SessionRevoked', data: of };
const refresh = (generation: number, now: string): SessionCommand => ({ type: 'RefreshSession', generation, now });

describe('starting a session', () => {
  const start: SessionCommand = { type: 'StartSession', ...of, epoch: 3, twoFactorEpoch: 1, newDevice: true, expiresAt: EXPIRES, method: 'password-and-two-factor' };

  it('keeps who, since which epoch, until when, and how they signed in', () => {
    session().when(start).then([{ type: 'SessionStarted', data: { ...of, epoch: 3, twoFactorEpoch: 1, newDevice: true, expiresAt: EXPIRES, method: 'password-and-two-factor' } }]);
  });

  it('is nothing under an id in use: a retry starts no second one, and revives none that ended', () => {
    session(started).when(start).thenNothing();
    session(started, revoked).when(start).thenNothing();
  });
});

describe('refreshing', () => {
  it('exchanges the newest refresh token for the next one', () => {
    session(started).when(refresh(0, after(60_000))).then([refreshed(1, after(60_000))]);
    session(started, refreshed(1, after(60_000))).when(refresh(1, after(120_000))).then([refreshed(2, after(120_000))]);
  });

  it('takes an old token that comes back for theft, and ends the session', () => {
    session(started, refreshed(1, after(60_000))).when(refresh(0, after(60_000 + REUSE_GRACE_MS + 1))).then([reused(0)]);
  });

  it('takes two requests racing with the same token within ten seconds for one client: no new rotation, and no theft', () => {
    session(started, refreshed(1, after(60_000))).when(refresh(0, after(60_000))).thenNothing();
    session(started, refreshed(1, after(60_000))).when(refresh(0, after(60_000 + REUSE_GRACE_MS))).thenNothing();
  });

  it('has no such patience with a token from before the last one', () => {
    session(started, refreshed(1, after(1000)), refreshed(2, after(2000))).when(refresh(0, after(2001))).then([reused(0)]);
  });

  it('counts the patience from the rotation, so that a race cannot be drawn out', () => {
    const raced = session(started, refreshed(1, after(60_000)));
    raced.when(refresh(0, after(69_999))).thenNothing();
    raced.when(refresh(0, after(70_001))).then([reused(0)]);
  });

  it.each<[string, readonly SessionEvent[]]>([['signed out', [signedOut]], ['revoked', [revoked]], ['ended for theft', [reused(0)]]])('is refused once the session is %s', (_how, ending) => {
    session(started, ...ending).when(refresh(0, after(1000))).thenRefused('unauthenticated');
  });

  it('is refused to the thief as well, in the race after the session has ended', () => {
    session(started, refreshed(1, after(1000)), reused(0)).when(refresh(0, after(1001))).thenRefused('unauthenticated');
  });

  it('is refused from the moment of expiry on, also to the newest token', () => {
    const used = [1, 2, 3, 4, 5].map((week) => refreshed(week, after(Math.min(week * 6, 29) * DAY)));
    session(started, ...used).when(refresh(5, '2026-03-30T23:59:59.999Z')).then([refreshed(6, '2026-03-30T23:59:59.999Z')]);
    session(started, ...used).when(refresh(5, EXPIRES)).thenRefused('unauthenticated');
  });

  it('is refused where nobody has used the session for seven days, from its start or from the last refresh on', () => {
    session(started).when(refresh(0, after(7 * DAY - 1))).then([refreshed(1, after(7 * DAY - 1))]);
    session(started).when(refresh(0, after(7 * DAY))).thenRefused('unauthenticated');
    session(started, refreshed(1, after(5 * DAY))).when(refresh(1, after(12 * DAY - 1))).then([refreshed(2, after(12 * DAY - 1))]);
    session(started, refreshed(1, after(5 * DAY))).when(refresh(1, after(12 * DAY))).thenRefused('unauthenticated');
  });

  it('is refused with a token that was never given out, and does not end the session', () => {
    session(started).when(refresh(1, after(1000))).thenRefused('unauthenticated');
  });

  it('is refused on a session that never was', () => {
    session().when(refresh(0, after(1000))).thenRefused('unauthenticated');
  });

  it('does not move the end of the session', () => {
    expect(session(started, refreshed(1, after(60_000))).state.expiresAt).toBe(EXPIRES);
  });
});

describe('ending a session', () => {
  it('is a sign-out by its owner, and a revocation by whoever may', () => {
    session(started).when({ type: 'SignOut' }).then([signedOut]);
    session(started).when({ type: 'RevokeSession' }).then([revoked]);
  });

  it.each<[string, SessionEvent]>([['signed out', signedOut], ['revoked', revoked], ['ended for theft', reused(0)]])('is nothing where it was %s already', (_how, ending) => {
    session(started, ending).when({ type: 'SignOut' }).thenNothing();
    session(started, ending).when({ type: 'RevokeSession' }).thenNothing();
  });

  it('is nothing on a session that never was', () => {
    session().when({ type: 'SignOut' }).thenNothing();
    session().when({ type: 'RevokeSession' }).thenNothing();
  });
});

describe('whatever is done to a session, in whatever order', () => {
  const command: fc.Arbitrary<SessionCommand> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ type: fc.constant('RefreshSession' as const), generation: fc.nat(6), now: fc.nat(40 * 24 * 3600_000).map(after) }) },
    fc.record({ type: fc.constantFrom('SignOut' as const, 'RevokeSession' as const) }),
    fc.constant({ type: 'StartSession' as const, ...of, epoch: 0, twoFactorEpoch: 0, newDevice: false, expiresAt: EXPIRES, method: 'password' as const }),
  );

  it('an ended session stays ended, and each refresh token is exchanged once', () => {
    fc.assert(fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let state = evolveSession(noSession, started);
      const exchanged = new Set<number>();
      for (const one of commands) {
        const ended = state.ended;
        let events: readonly SessionEvent[] = [];
        try {
          events = sessionDecider.decide(one, state);
        } catch (refusal) {
          expect(refusal).toBeInstanceOf(DomainError);
        }
        if (ended) expect(events).toEqual([]);
        for (const event of events) {
          if (event.type !== 'SessionRefreshed') continue;
          expect(exchanged.has(event.data.generation)).toBe(false);
          exchanged.add(event.data.generation);
        }
        state = events.reduce(evolveSession, state);
        expect(state.ended || !ended).toBe(true);
      }
    }));
  });
});

describe('a session, as it is stored', () => {
  it('is the fold of a stream of its own', () => {
    expect(sessionStream).toEqual({ kind: 'session', initialState: noSession, evolve: evolveSession });
  });

  it('is nobody\'s before it starts', () => {
    expect(noSession).toEqual({ id: null, userId: '', epoch: 0, twoFactorEpoch: 0, ended: false, expiresAt: '', generation: 0, rotatedAt: null });
  });

  it('refuses commands and events that it does not know, loudly: none is dropped', () => {
    const unheard = { type: 'Unheard' } as unknown;
    expect(() => sessionDecider.decide(unheard as SessionCommand, noSession)).toThrow('Unheard');
    expect(() => evolveSession(noSession, unheard as SessionEvent)).toThrow('Unheard');
  });
});
