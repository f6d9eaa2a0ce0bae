import { ERASED_NAME } from '@rolebook/kernel';
import { definitionOf } from '@rolebook/kernel/spec-helpers';
import { emailReservationEvents } from './email-reservation';
import { userEvents, type UserEvent } from './events';
import { abandoned, accepted, BEFORE, deactivated, erased, EXPIRY, invited, LATER_EXPIRY, owner, reactivated, USER, withdrawn } from './spec-helpers';

const changes = ({ type, data }: UserEvent) => userEvents[type].changes(data as never);

describe('what the audit log says has changed', () => {
  it('an invitation: all that it gives, and no name where it has none', () => {
    expect(changes(invited({ role: 'crew', overrides: { quotes: 'write' } }))).toEqual([
      { field: 'status', from: null, to: 'invited' }, { field: 'email', from: null, to: 'anna@example.com' }, { field: 'role', from: null, to: 'crew' },
      { field: 'locale', from: null, to: 'en' }, { field: 'overrides.quotes', from: null, to: 'write' },
    ]);
    expect(changes(invited({ displayName: 'Anna' }))).toContainEqual({ field: 'displayName', from: null, to: 'Anna' });
  });

  it('an invitation sent again: until when the link was good, and until when it is now', () => {
    expect(changes({ type: 'InvitationResent', data: { userId: USER, generation: 2, expiresAt: LATER_EXPIRY, previousExpiresAt: EXPIRY } })).toEqual([{ field: 'invitation.expiresAt', from: EXPIRY, to: LATER_EXPIRY }]);
  });

  it('an erasure: what the person was before', () => {
    expect(changes({ type: 'UserErased', data: { userId: USER, previousStatus: 'deactivated' } })).toEqual([{ field: 'status', from: 'deactivated', to: 'erased' }]);
  });

  it('what was written before those fields were known is read as it was', () => {
    expect(changes({ type: 'InvitationResent', data: { userId: USER, generation: 2, expiresAt: LATER_EXPIRY } })).toEqual([{ field: 'invitation.expiresAt', from: null, to: LATER_EXPIRY }]);
    expect(changes({ type: 'UserErased', data: { userId: USER } })).toEqual([{ field: 'status', from: null, to: 'erased' }]);
  });
});

describe('how each event reads in the audit log, and what of it is sealed with the person\'s key', () => {
  const userId = USER;
  const change = (field: string, from: unknown, to: unknown) => ({ field, from, to });
  const profile = { displayName: ERASED_NAME };

  it.each<[UserEvent, { action: string; sealed: object; changes: object[] }]>([
    [owner, {
      action: 'user.owner-registered', sealed: { email: '', displayName: ERASED_NAME, passwordHash: '' },
      changes: [change('status', null, 'active'), change('email', null, 'anna@example.com'), change('displayName', null, 'Anna'), change('role', null, 'super-admin'), change('locale', null, 'en')],
    }],
    [invited({ displayName: 'Anna' }), {
      action: 'user.invited', sealed: { email: '', displayName: ERASED_NAME },
      changes: [change('status', null, 'invited'), change('email', null, 'anna@example.com'), change('displayName', null, 'Anna'), change('role', null, 'sales'), change('locale', null, 'en')],
    }],
    [{ type: 'InvitationResent', data: { userId, generation: 2, expiresAt: LATER_EXPIRY, previousExpiresAt: EXPIRY } }, { action: 'user.invitation-resent', sealed: {}, changes: [change('invitation.expiresAt', EXPIRY, LATER_EXPIRY)] }],
    [withdrawn, { action: 'user.invitation-withdrawn', sealed: {}, changes: [change('status', 'invited', 'invitation-withdrawn')] }],
    [abandoned, { action: 'user.invitation-abandoned', sealed: {}, changes: [] }],
    [accepted({ previousName: null, phone: '+66812345678' }), {
      action: 'user.invitation-accepted', sealed: { displayName: ERASED_NAME, phone: null, passwordHash: '', previousName: null },
      changes: [change('status', 'invited', 'active'), change('displayName', null, 'Anna'), change('phone', null, '+66812345678')],
    }],
    [accepted({ previousName: 'Anna', phone: null }), {
      action: 'user.invitation-accepted', sealed: { displayName: ERASED_NAME, phone: null, passwordHash: '', previousName: null }, changes: [change('status', 'invited', 'active')],
    }],
    [{ type: 'ProfileEdited', data: { userId, from: { phone: null, locale: 'en' }, to: { phone: '+66812345678', locale: 'th' } } }, {
      action: 'user.profile-edited', sealed: { from: profile, to: profile }, changes: [change('phone', null, '+66812345678'), change('locale', 'en', 'th')],
    }],
    [{ type: 'ProfileEdited', data: { userId, from: { phone: '+66812345678' }, to: { phone: null } } }, { action: 'user.profile-edited', sealed: { from: profile, to: profile }, changes: [change('phone', '+66812345678', null)] }],
    [{ type: 'AvatarChanged', data: { userId, from: null, to: 'v1' } }, { action: 'user.avatar-changed', sealed: {}, changes: [change('avatar', null, 'v1')] }],
    [{ type: 'RoleChanged', data: { userId, from: 'sales', to: 'crew', removedOverrides: { quotes: 'read' }, reason: 'moved' } }, {
      action: 'user.role-changed', sealed: { reason: null }, changes: [change('role', 'sales', 'crew'), change('overrides.quotes', 'read', null)],
    }],
    [{ type: 'PermissionOverridden', data: { userId, module: 'jobs', from: 'read', to: 'manage', reason: null } }, { action: 'user.permission-overridden', sealed: { reason: null }, changes: [change('permissions.jobs', 'read', 'manage')] }],
    [{ type: 'PermissionOverrideRemoved', data: { userId, module: 'jobs', from: 'manage', to: 'read', reason: null } }, { action: 'user.permission-override-removed', sealed: { reason: null }, changes: [change('permissions.jobs', 'manage', 'read')] }],
    [deactivated, { action: 'user.deactivated', sealed: { reason: null }, changes: [change('status', 'active', 'deactivated')] }],
    [reactivated, { action: 'user.reactivated', sealed: { reason: null }, changes: [change('status', 'deactivated', 'active')] }],
    [erased, { action: 'user.erased', sealed: {}, changes: [change('status', 'active', 'erased')] }],
    [{ type: 'SuperAdminConfirmed', data: { userId } }, { action: 'user.super-admin-confirmed', sealed: {}, changes: [] }],
    [{ type: 'PasswordChanged', data: { userId, passwordHash: 'h', keptSessionId: 's1' } }, { action: 'user.password-changed', sealed: { passwordHash: '' }, changes: [] }],
    [{ type: 'PasswordResetRequested', data: { userId, generation: 1, expiresAt: EXPIRY } }, { action: 'user.password-reset-requested', sealed: {}, changes: [] }],
    [{ type: 'PasswordReset', data: { userId, passwordHash: 'h', generation: 1 } }, { action: 'user.password-reset', sealed: { passwordHash: '' }, changes: [] }],
    [{ type: 'SessionsRevoked', data: { userId, keptSessionId: null, reason: 'revoked' } }, { action: 'user.sessions-revoked', sealed: {}, changes: [] }],
  ])('%j', (event, expected) => {
    expect(definitionOf(userEvents, event)).toEqual({ user: 'userId', ...expected });
  });

  it('an address that was reserved changes nothing that anybody sees', () => {
    expect(definitionOf(emailReservationEvents, { type: 'EmailReserved', data: { userId, replaced: null, at: BEFORE } })).toEqual({ action: 'email.reserved', user: 'userId', sealed: {}, changes: [] });
  });
});
