import { definitionOf } from '@rolebook/kernel/spec-helpers';
import { sessionEvents, signInEvents, type SessionEvent, type SignInEvent } from './events';

const of = { sessionId: 's1', userId: 'anna' };
const ended = [{ field: 'status', from: 'active', to: 'ended' }];

describe('how the events of a session read in the audit log', () => {
  it.each<[SessionEvent, string, object[]]>([
    [
      { type: 'SessionStarted', data: { ...of, epoch: 0, twoFactorEpoch: 0, newDevice: false, expiresAt: '2026-03-31T00:00:00.000Z', method: 'password' } },
      'session.started', [{ field: 'status', from: null, to: 'active' }],
    ],
    [{ type: 'SessionRefreshed', data: { ...of, generation: 1, at: '2026-03-01T00:00:00.000Z' } }, 'session.refreshed', []],
    [{ type: 'SignedOut', data: of }, 'session.signed-out', ended],
    [{ type: 'SessionRevoked', data: of }, 'session.revoked', ended],
    [{ type: 'RefreshTokenReused', data: { ...of, generation: 0 } }, 'session.refresh-token-reused', ended],
  ])('%j', (event, action, changes) => {
    expect(definitionOf(sessionEvents, event)).toEqual({ action, user: 'userId', sealed: {}, changes });
  });
});

describe('how attempts that were refused read in the audit log: about whom, and never as a change', () => {
  it.each<[SignInEvent, string]>([
    [{ type: 'SignInRefused', data: { userId: 'anna', reason: 'wrong-password' } }, 'sign-in.refused'],
    [{ type: 'PasswordCheckRefused', data: { userId: 'anna', operation: 'change-password', reason: 'wrong-password' } }, 'password-check.refused'],
    [{ type: 'PasswordResetRefused', data: { userId: null, reason: 'unknown-address' } }, 'password-reset.refused'],
  ])('%j', (event, action) => {
    expect(definitionOf(signInEvents, event)).toEqual({ action, user: 'userId', sealed: {}, changes: [] });
  });
});
