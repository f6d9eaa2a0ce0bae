import fc from 'fast-check';
import { fold } from '@rolebook/kernel';
import type { UserCommand } from './commands';
import { userDecider } from './decider';
import type { UserEvent } from './events';
import { abandoned, accepted, active, deactivated, erased, histories, invited, reactivated, USER, withdrawn } from './spec-helpers';
import { evolveUser, noUser, permissionsOf, sessionStands, userStream, type UserState } from './state';

const after = (...history: UserEvent[]) => fold(userStream, history);

describe('the state of a user', () => {
  it('is this after an invitation with everything', () => {
    expect(after(invited({ displayName: 'A.', locale: 'th', role: 'crew', overrides: { quotes: 'write' } }))).toEqual<UserState>({
      id: USER, status: 'invited', email: 'anna@example.com', displayName: 'A.', phone: null, locale: 'th', avatar: null, role: 'crew', overrides: { quotes: 'write' },
      passwordHash: null, invitation: { generation: 1, expiresAt: '2026-03-08T00:00:00.000Z' }, passwordReset: { generation: 0, expiresAt: null },
      sessionEpoch: 0, keptSessionId: null, keptSince: 0,
    });
  });

  it('is this after it was accepted, edited, and given another role', () => {
    const edited: UserEvent = { type: 'ProfileEdited', data: { userId: USER, from: { locale: 'en' }, to: { locale: 'th' } } };
    const promoted: UserEvent = { type: 'RoleChanged', data: { userId: USER, from: 'crew', to: 'billing', removedOverrides: { quotes: 'write' }, reason: null } };

    expect(after(...active('crew', { quotes: 'write', jobs: 'none' }), edited, promoted)).toEqual<UserState>({
      id: USER, status: 'active', email: 'anna@example.com', displayName: 'Anna', phone: null, locale: 'th', avatar: null, role: 'billing', overrides: { jobs: 'none' },
      passwordHash: 'hash-1', invitation: null, passwordReset: { generation: 0, expiresAt: null }, sessionEpoch: 0, keptSessionId: null, keptSince: 0,
    });
  });

  it.each([
    ['none', 'none'], ['abandoned', 'abandoned'], ['invited', 'invited'], ['withdrawn', 'invitation-withdrawn'], ['active', 'active'], ['deactivated', 'deactivated'], ['erased', 'erased'],
  ] as const)('has a status: %s', (history, status) => {
    expect(after(...histories[history]).status).toBe(status);
  });

  it('has the levels of the role with the overrides on top', () => {
    const overridden: UserEvent = { type: 'PermissionOverridden', data: { userId: USER, module: 'jobs', from: 'write', to: 'none', reason: null } };
    const removed: UserEvent = { type: 'PermissionOverrideRemoved', data: { userId: USER, module: 'quotes', from: 'write', to: 'read', reason: null } };

    expect(permissionsOf(after(...active('crew', { quotes: 'write' }), overridden))).toEqual({ customers: 'read', quotes: 'write', jobs: 'none', invoices: 'none', inventory: 'read', settings: 'none' });
    expect(permissionsOf(after(...active('crew', { quotes: 'write' }), overridden, removed))).toEqual({ customers: 'read', quotes: 'read', jobs: 'none', invoices: 'none', inventory: 'read', settings: 'none' });
  });

  it('forgets a withdrawn invitation, so that its link cannot count', () => {
    expect(after(invited(), withdrawn).invitation).toBeNull();
    expect(after(abandoned).invitation).toBeNull();
  });
});

describe('sessions', () => {
  const revoked = (kept: string | null): UserEvent => ({ type: 'SessionsRevoked', data: { userId: USER, keptSessionId: kept, reason: 'revoked' } });

  it('end all but the one kept, and later ones stand', () => {
    const user = after(...active(), revoked('s1'));

    expect(sessionStands(user, { id: 's1', epoch: 0 })).toBe(true);
    expect(sessionStands(user, { id: 's2', epoch: 0 })).toBe(false);
    expect(sessionStands(user, { id: 's3', epoch: 1 })).toBe(true);
  });

  it('stay ended when a command that keeps one was on its way while it ended', () => {
    const user = after(...active(), revoked(null), { type: 'PasswordChanged', data: { userId: USER, passwordHash: 'hash-2', keptSessionId: 's1' } });

    expect(sessionStands(user, { id: 's1', epoch: 0 })).toBe(false);
  });

  it('stay ended when the user comes back', () => {
    expect(sessionStands(after(...active(), deactivated, reactivated), { id: 's1', epoch: 0 })).toBe(false);
  });

  /**
   * Against a model that simply keeps a set: whatever ends sessions empties it but for the one kept; only a sign-in adds to it.
   * Commands may name any session as kept, also one that ended long ago: they may have been on their way for long.
   */
  it('that have ended never stand again, whatever follows', () => {
    const session = fc.constantFrom('s0', 's1', 's2', 's3');
    const kept = fc.option(session);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ do: 'sign-in' } as const) },
      { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('revoke' as const, 'change password' as const), kept }) },
      fc.record({ do: fc.constantFrom('reset password' as const, 'deactivate' as const, 'reactivate' as const, 'erase' as const) }),
    );

    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let user = after(...active());
      let standing = new Set<string>();
      const sessions: { readonly id: string; readonly epoch: number }[] = [];
      const keepOnly = (id: string | null) => { standing = new Set([...standing].filter((one) => one === id)); };
      const happens = (event: UserEvent) => { user = userStream.evolve(user, event); };

      for (const one of steps) {
        switch (one.do) {
          case 'sign-in':
            if (user.status !== 'active') break;
            sessions.push({ id: `s${sessions.length}`, epoch: user.sessionEpoch });
            standing.add(sessions.at(-1)!.id);
            break;
          case 'revoke': happens(revoked(one.kept)); keepOnly(one.kept); break;
          case 'change password': happens({ type: 'PasswordChanged', data: { userId: USER, passwordHash: 'h', keptSessionId: one.kept } }); keepOnly(one.kept); break;
          case 'reset password': happens({ type: 'PasswordReset', data: { userId: USER, passwordHash: 'h', generation: 1 } }); keepOnly(null); break;
          case 'deactivate': happens(deactivated); keepOnly(null); break;
          case 'reactivate': if (user.status === 'deactivated') happens(reactivated); break;
          case 'erase': happens(erased); keepOnly(null); break;
        }
        if (user.status === 'active') expect(sessions.filter((started) => sessionStands(user, started)).map(({ id }) => id)).toEqual([...standing]);
        else expect(sessions.some((started) => sessionStands(user, started))).toBe(false);
      }
    }), { numRuns: 500 });
  });

  it('of nobody who is not active stand', () => {
    for (const history of ['invited', 'withdrawn', 'deactivated', 'erased', 'none', 'abandoned'] as const) {
      const user = after(...histories[history]);
      expect(sessionStands(user, { id: 's1', epoch: user.sessionEpoch })).toBe(false);
    }
    expect(sessionStands(noUser, { id: '', epoch: 0 })).toBe(false);
    expect(sessionStands(after(invited(), accepted()), { id: 's1', epoch: 0 })).toBe(true);
  });
});

describe('a user, as it is stored', () => {
  it('is the fold of a stream of its own', () => {
    expect(userStream).toEqual({ kind: 'user', initialState: noUser, evolve: evolveUser });
  });

  it('is nobody before anything happened', () => {
    expect(noUser).toEqual<UserState>({
      id: '', status: 'none', email: '', displayName: null, phone: null, locale: 'en', avatar: null, role: 'crew', overrides: {}, passwordHash: null,
      invitation: null, passwordReset: { generation: 0, expiresAt: null }, sessionEpoch: 0, keptSessionId: null, keptSince: 0,
    });
  });

  it('refuses commands and events that it does not know, loudly: none is dropped', () => {
    const unheard = { type: 'Unheard' } as unknown;
    expect(() => userDecider.decide(unheard as UserCommand, noUser)).toThrow('Unheard');
    expect(() => evolveUser(noUser, unheard as UserEvent)).toThrow('Unheard');
  });
});
