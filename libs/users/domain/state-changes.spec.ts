import type { UserEvent } from './events';
import { abandoned, deactivated, erased, EXPIRY, invited, LATER_EXPIRY, owner, reactivated, USER, withdrawn } from './spec-helpers';
import { evolveUser, isActiveSuperAdmin, noUser, type UserState } from './state';

/** Somebody with something in every field, so that whatever an event touches shows, and whatever it must leave alone too. */
const somebody: UserState = {
  id: USER, status: 'active', email: 'anna@example.com', displayName: 'Anna', phone: '+66812345678', locale: 'th', avatar: 'v1', role: 'sales', overrides: { jobs: 'manage', quotes: 'none' },
  passwordHash: 'hash-1', invitation: { generation: 2, expiresAt: EXPIRY }, passwordReset: { generation: 3, expiresAt: EXPIRY }, sessionEpoch: 5, keptSessionId: 's1', keptSince: 4,
};
const ended = { sessionEpoch: 6, keptSessionId: null, keptSince: 5 };
const linkSpent = { generation: 3, expiresAt: null };
const userId = USER;

describe('what each event changes of a user, and nothing else', () => {
  it.each<[UserEvent, Partial<UserState>]>([
    [owner, { status: 'active', email: 'anna@example.com', displayName: 'Anna', locale: 'en', role: 'super-admin', passwordHash: 'hash-1' }],
    [invited({ email: 'b@example.com', displayName: 'B', locale: 'en', role: 'crew', overrides: { quotes: 'write' }, generation: 1, expiresAt: LATER_EXPIRY }), {
      status: 'invited', email: 'b@example.com', displayName: 'B', locale: 'en', role: 'crew', overrides: { quotes: 'write' }, invitation: { generation: 1, expiresAt: LATER_EXPIRY },
    }],
    [{ type: 'InvitationResent', data: { userId, generation: 3, expiresAt: LATER_EXPIRY } }, { invitation: { generation: 3, expiresAt: LATER_EXPIRY } }],
    [withdrawn, { status: 'invitation-withdrawn', invitation: null }],
    [abandoned, { status: 'abandoned' }],
    [{ type: 'InvitationAccepted', data: { userId, displayName: 'C', phone: null, passwordHash: 'hash-2', previousName: 'Anna' } }, { displayName: 'C', phone: null, passwordHash: 'hash-2', invitation: null }],
    [{ type: 'ProfileEdited', data: { userId, from: { phone: '+66812345678' }, to: { phone: null } } }, { phone: null }],
    [{ type: 'AvatarChanged', data: { userId, from: 'v1', to: 'v2' } }, { avatar: 'v2' }],
    [{ type: 'RoleChanged', data: { userId, from: 'sales', to: 'admin', removedOverrides: { quotes: 'none' }, reason: null } }, { role: 'admin', overrides: { jobs: 'manage' } }],
    [{ type: 'PermissionOverridden', data: { userId, module: 'invoices', from: 'read', to: 'none', reason: null } }, { overrides: { jobs: 'manage', quotes: 'none', invoices: 'none' } }],
    [{ type: 'PermissionOverrideRemoved', data: { userId, module: 'jobs', from: 'manage', to: 'read', reason: null } }, { overrides: { quotes: 'none' } }],
    [deactivated, { status: 'deactivated', passwordReset: linkSpent, ...ended }],
    [erased, { status: 'erased', email: '', displayName: null, phone: null, avatar: null, passwordHash: null, invitation: null, ...ended }],
    [{ type: 'SuperAdminConfirmed', data: { userId } }, {}],
    [{ type: 'PasswordChanged', data: { userId, passwordHash: 'hash-2', keptSessionId: 's2' } }, { passwordHash: 'hash-2', passwordReset: linkSpent, sessionEpoch: 6, keptSessionId: 's2', keptSince: 5 }],
    [{ type: 'PasswordResetRequested', data: { userId, generation: 4, expiresAt: LATER_EXPIRY } }, { passwordReset: { generation: 4, expiresAt: LATER_EXPIRY } }],
    [{ type: 'PasswordReset', data: { userId, passwordHash: 'hash-2', generation: 3 } }, { passwordHash: 'hash-2', passwordReset: linkSpent, ...ended }],
    [{ type: 'SessionsRevoked', data: { userId, keptSessionId: null, reason: 'revoked' } }, ended],
  ])('%j', (event, changed) => {
    expect(evolveUser(somebody, event)).toEqual({ ...somebody, ...changed });
  });

  it('a user who was deactivated is active again, and as before', () => {
    expect(evolveUser({ ...somebody, status: 'deactivated' }, reactivated)).toEqual(somebody);
  });

  it('names the user from the first event on', () => {
    for (const event of [owner, invited(), abandoned]) expect(evolveUser(noUser, event).id).toBe(USER);
  });

  it('a session that is kept once more has stood since it was first kept; another one, or none, since now', () => {
    const revoked = (keptSessionId: string | null): UserEvent => ({ type: 'SessionsRevoked', data: { userId, keptSessionId, reason: 'signed-out-everywhere' } });
    expect(evolveUser(somebody, revoked('s1')).keptSince).toBe(4);
    expect(evolveUser(somebody, revoked('s2')).keptSince).toBe(5);
    expect(evolveUser({ ...somebody, keptSessionId: null }, revoked(null)).keptSince).toBe(5);
  });
});

it('counts as an active Super Admin who is both', () => {
  expect(isActiveSuperAdmin({ status: 'active', role: 'super-admin' })).toBe(true);
  expect(isActiveSuperAdmin({ status: 'deactivated', role: 'super-admin' })).toBe(false);
  expect(isActiveSuperAdmin({ status: 'active', role: 'admin' })).toBe(false);
});
