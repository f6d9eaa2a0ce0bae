import { given } from '@rolebook/kernel/spec-helpers';
import { userDecider } from './decider';
import type { UserEvent } from './events';
import { active, admin, auditor, deactivated, erased, herself, histories, invited, owner, reactivated, superAdmin, USER } from './spec-helpers';

const user = (...history: UserEvent[]) => given(userDecider, ...history);

describe('registering the owner of a business', () => {
  const register = { type: 'RegisterOwner', userId: USER, email: 'anna@example.com', displayName: 'Anna', locale: 'en', passwordHash: 'hash-1' } as const;

  it('makes an active Super Admin', () => {
    user().when(register).then([owner]);
  });

  it.each(['abandoned', 'invited', 'withdrawn', 'active', 'deactivated', 'erased'] as const)('is nothing under an id in use, so that a retry makes no second one: %s', (status) => {
    user(...histories[status]).when(register).thenNothing();
  });
});

describe('deactivating somebody', () => {
  const deactivate = (by = admin) => ({ type: 'Deactivate', by, reason: null } as const);

  it('happens to active users', () => {
    user(...active()).when(deactivate()).then([deactivated]);
    user(...active('admin')).when(deactivate(superAdmin)).then([deactivated]);
  });

  it('carries the reason', () => {
    user(...active()).when({ type: 'Deactivate', by: admin, reason: 'left' }).then([{ type: 'UserDeactivated', data: { userId: USER, reason: 'left' } }]);
  });

  it('is nothing a second time', () => {
    user(...active(), deactivated).when(deactivate()).thenNothing();
  });

  it('is refused on oneself, so that nobody locks themselves out', () => {
    user(owner).when(deactivate(herself('super-admin'))).thenRefused('forbidden');
    user(...active('crew')).when(deactivate(herself('crew'))).thenRefused('forbidden');
  });

  it('is refused to an Admin on an Admin or a Super Admin, and to those who may only look', () => {
    user(...active('admin')).when(deactivate()).thenRefused('forbidden');
    user(owner).when(deactivate()).thenRefused('forbidden');
    user(...active()).when(deactivate(auditor)).thenRefused('forbidden');
  });

  it.each([['invited', 'not-active'], ['withdrawn', 'not-active'], ['erased', 'not-active'], ['none', 'not-found'], ['abandoned', 'not-found']] as const)('is refused on somebody who is %s: %s', (status, code) => {
    user(...histories[status]).when(deactivate(superAdmin)).thenRefused(code);
  });
});

describe('reactivating somebody', () => {
  const reactivate = (by = admin) => ({ type: 'Reactivate', by, reason: null } as const);

  it('happens to deactivated users', () => {
    user(...active(), deactivated).when(reactivate()).then([reactivated]);
  });

  it('gives the old role, overrides and profile back', () => {
    const before = user(...active('crew', { quotes: 'write' })).state;
    const { status, displayName, role, overrides } = user(...active('crew', { quotes: 'write' }), deactivated, reactivated).state;

    expect({ status, displayName, role, overrides }).toEqual({ status: 'active', displayName: before.displayName, role: 'crew', overrides: { quotes: 'write' } });
  });

  it('is nothing on an active user', () => {
    user(...active()).when(reactivate()).thenNothing();
  });

  it('is refused without authority: an Admin cannot bring an Admin back', () => {
    user(...active('admin'), deactivated).when(reactivate()).thenRefused('forbidden');
    user(...active(), deactivated).when(reactivate(auditor)).thenRefused('forbidden');
  });

  it.each([['invited', 'not-deactivated'], ['withdrawn', 'not-deactivated'], ['erased', 'not-deactivated'], ['none', 'not-found'], ['abandoned', 'not-found']] as const)('is refused on somebody who is %s: %s', (status, code) => {
    user(...histories[status]).when(reactivate(superAdmin)).thenRefused(code);
  });
});

describe('erasing a person', () => {
  const erase = (over: { by?: typeof superAdmin; emailMatches?: boolean } = {}) => ({ type: 'Erase', by: superAdmin, emailMatches: true, ...over } as const);

  it.each([['invited', 'invited'], ['withdrawn', 'invitation-withdrawn'], ['active', 'active'], ['deactivated', 'deactivated']] as const)('is possible whatever they are, and says what that was: %s', (status, previousStatus) => {
    user(...histories[status]).when(erase()).then([{ type: 'UserErased', data: { userId: USER, previousStatus } }]);
  });

  it('leaves nothing personal in the state that commands see', () => {
    const { email, displayName, phone, avatar, passwordHash, invitation } = user(...active(), { type: 'AvatarChanged', data: { userId: USER, from: null, to: 'a' } }, erased).state;

    expect({ email, displayName, phone, avatar, passwordHash, invitation }).toEqual({ email: '', displayName: null, phone: null, avatar: null, passwordHash: null, invitation: null });
  });

  it('is nothing a second time, whatever is typed', () => {
    user(...histories.erased).when(erase({ emailMatches: false })).thenNothing();
  });

  it('is refused where the address was not typed right: it was meant for somebody else', () => {
    user(...active()).when(erase({ emailMatches: false })).thenRefused('email-mismatch');
  });

  it('is refused to Admins: it cannot be undone', () => {
    user(...active('crew')).when(erase({ by: admin })).thenRefused('forbidden');
  });

  it('is refused on oneself', () => {
    user(owner).when(erase({ by: herself('super-admin') })).thenRefused('forbidden');
  });

  it.each(['none', 'abandoned'] as const)('is refused where there is no such user: %s', (status) => {
    user(...histories[status]).when(erase()).thenRefused('not-found');
  });
});

describe('confirming a Super Admin', () => {
  const confirm = { type: 'ConfirmSuperAdmin' } as const;

  it('is an event that changes nothing but the revision, so that a removal on its way must decide again', () => {
    user(owner).when(confirm).then([{ type: 'SuperAdminConfirmed', data: { userId: USER } }]);
    expect(user(owner, { type: 'SuperAdminConfirmed', data: { userId: USER } }).state).toEqual(user(owner).state);
  });

  it('is nothing on anybody who is no active Super Admin', () => {
    for (const history of Object.values(histories)) user(...history).when(confirm).thenNothing();
    user(owner, deactivated).when(confirm).thenNothing();
    user(invited({ role: 'super-admin' })).when(confirm).thenNothing();
  });
});
