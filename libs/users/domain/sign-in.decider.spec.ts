import { given } from '@rolebook/kernel/spec-helpers';
import { userDecider } from './decider';
import type { UserEvent } from './events';
import { active, admin, auditor, BEFORE, crew, deactivated, EXPIRY, herself, histories, LATER_EXPIRY, reactivated, superAdmin, USER } from './spec-helpers';

const user = (...history: UserEvent[]) => given(userDecider, ...history);
const passwordChanged: UserEvent = { type: 'PasswordChanged', data: { userId: USER, passwordHash: 'hash-2', keptSessionId: 's1' } };
const requested = (generation: number, expiresAt = EXPIRY): UserEvent => ({ type: 'PasswordResetRequested', data: { userId: USER, generation, expiresAt } });
const reset = (generation: number): UserEvent => ({ type: 'PasswordReset', data: { userId: USER, passwordHash: 'hash-2', generation } });

describe('changing the password', () => {
  const change = { type: 'ChangePassword', current: 'hash-1', passwordHash: 'hash-2', keptSessionId: 's1' } as const;

  it('names the session that stays', () => {
    user(...active()).when(change).then([passwordChanged]);
  });

  it('is refused where another password stands than the one that was checked', () => {
    user(...active(), passwordChanged).when(change).thenRefused('invalid-credentials');
  });

  it.each(['none', 'abandoned', 'invited', 'withdrawn', 'deactivated', 'erased'] as const)('is refused to whoever is not active, in the words of a wrong password: %s', (status) => {
    user(...histories[status]).when(change).thenRefused('invalid-credentials');
  });
});

describe('asking for a password reset', () => {
  it('starts the next generation of links', () => {
    user(...active()).when({ type: 'RequestPasswordReset', expiresAt: EXPIRY }).then([requested(1)]);
    user(...active(), requested(1)).when({ type: 'RequestPasswordReset', expiresAt: LATER_EXPIRY }).then([requested(2, LATER_EXPIRY)]);
  });

  it.each(['none', 'abandoned', 'invited', 'withdrawn', 'deactivated', 'erased'] as const)('is nothing, and no refusal that would tell who exists: %s', (status) => {
    user(...histories[status]).when({ type: 'RequestPasswordReset', expiresAt: EXPIRY }).thenNothing();
  });
});

describe('resetting the password by a link', () => {
  const resetBy = (generation: number, now = BEFORE) => ({ type: 'ResetPassword', generation, now, passwordHash: 'hash-2' } as const);

  it('sets the new one', () => {
    user(...active(), requested(1)).when(resetBy(1)).then([reset(1)]);
  });

  it('works once', () => {
    user(...active(), requested(1), reset(1)).when(resetBy(1)).thenRefused('invalid-reset-token');
  });

  it('works with the newest link alone', () => {
    user(...active(), requested(1), requested(2)).when(resetBy(1)).thenRefused('invalid-reset-token');
    user(...active(), requested(1), requested(2)).when(resetBy(3)).thenRefused('invalid-reset-token');
    user(...active(), requested(1), requested(2)).when(resetBy(2)).then([reset(2)]);
  });

  it('stops at its expiry', () => {
    user(...active(), requested(1)).when(resetBy(1, EXPIRY)).thenRefused('invalid-reset-token');
    user(...active(), requested(1)).when(resetBy(1, '2026-03-07T23:59:59.999Z')).then([reset(1)]);
  });

  it('is refused to somebody who never asked, such as with generation 0', () => {
    user(...active()).when(resetBy(0)).thenRefused('invalid-reset-token');
  });

  it('dies with the password it was to replace: a thief who asked before loses the link', () => {
    user(...active(), requested(1), passwordChanged).when(resetBy(1)).thenRefused('invalid-reset-token');
  });

  it('dies with a deactivation, and stays dead after a reactivation', () => {
    user(...active(), requested(1), deactivated).when(resetBy(1)).thenRefused('invalid-reset-token');
    user(...active(), requested(1), deactivated, reactivated).when(resetBy(1)).thenRefused('invalid-reset-token');
  });

  it('is refused once the person is erased', () => {
    user(...active(), requested(1), { type: 'UserErased', data: { userId: USER } }).when(resetBy(1)).thenRefused('invalid-reset-token');
  });
});

describe('ending all sessions', () => {
  const revoke = (by = admin) => ({ type: 'RevokeSessions', by, keptSessionId: null, reason: 'revoked' } as const);
  const revoked: UserEvent = { type: 'SessionsRevoked', data: { userId: USER, keptSessionId: null, reason: 'revoked' } };

  it('is for administrators on those they have authority over', () => {
    user(...active()).when(revoke()).then([revoked]);
    user(...active('admin')).when(revoke(superAdmin)).then([revoked]);
  });

  it('is for everybody on themselves, who may keep the session they sit in', () => {
    user(...active('crew')).when({ type: 'RevokeSessions', by: herself('crew'), keptSessionId: 's1', reason: 'signed-out-everywhere' })
      .then([{ type: 'SessionsRevoked', data: { userId: USER, keptSessionId: 's1', reason: 'signed-out-everywhere' } }]);
  });

  it('is refused to anybody else', () => {
    user(...active()).when(revoke(crew)).thenRefused('forbidden');
    user(...active()).when(revoke(auditor)).thenRefused('forbidden');
    user(...active('admin')).when(revoke()).thenRefused('forbidden');
    user(...histories.none).when(revoke()).thenRefused('not-found');
  });
});
