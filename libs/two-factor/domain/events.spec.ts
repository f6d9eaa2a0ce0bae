import { definitionOf } from '@rolebook/kernel/spec-helpers';
import { twoFactorEvents, type TwoFactorEvent } from './events';

const userId = 'anna';
const enabled = (from: boolean, to: boolean) => ({ field: 'twoFactor.enabled', from, to });

describe('how events of the second factor read in the audit log: secrets and codes are sealed, and in no entry', () => {
  it.each<[TwoFactorEvent, object]>([
    [{ type: 'TwoFactorEnrolmentStarted', data: { userId, secret: 'S' } }, { action: 'two-factor.enrolment-started', sealed: { secret: '' }, changes: [] }],
    [{ type: 'TwoFactorEnabled', data: { userId, step: 7, recoveryCodes: ['hash'] } }, { action: 'two-factor.enabled', sealed: { recoveryCodes: [] }, changes: [enabled(false, true)] }],
    [{ type: 'TwoFactorCodeAccepted', data: { userId, step: 8 } }, { action: 'two-factor.code-accepted', sealed: {}, changes: [] }],
    [{ type: 'TwoFactorCodeRefused', data: { userId, method: 'code', reason: 'wrong' } }, { action: 'two-factor.code-refused', sealed: {}, changes: [] }],
    [
      { type: 'RecoveryCodeUsed', data: { userId, recoveryCode: 'hash', left: 8 } },
      { action: 'two-factor.recovery-code-used', sealed: { recoveryCode: '' }, changes: [{ field: 'twoFactor.recoveryCodesLeft', from: 9, to: 8 }] },
    ],
    [{ type: 'RecoveryCodesReplaced', data: { userId, step: 9, recoveryCodes: ['hash'] } }, { action: 'two-factor.recovery-codes-replaced', sealed: { recoveryCodes: [] }, changes: [] }],
    [{ type: 'TwoFactorDisabled', data: { userId, step: 10 } }, { action: 'two-factor.disabled', sealed: {}, changes: [enabled(true, false)] }],
    [
      { type: 'TwoFactorReset', data: { userId, channel: 'phone', spokeWith: 'Anna', verifiedAt: '2026-03-01T09:00:00.000Z', note: 'by her voice' } },
      {
        action: 'two-factor.reset', sealed: { spokeWith: '', note: null },
        changes: [enabled(true, false), { field: 'identityVerification', from: null, to: { channel: 'phone', spokeWith: 'Anna', at: '2026-03-01T09:00:00.000Z', note: 'by her voice' } }],
      },
    ],
  ])('%j', (event, expected) => {
    expect(definitionOf(twoFactorEvents, event)).toEqual({ user: 'userId', ...expected });
  });
});
