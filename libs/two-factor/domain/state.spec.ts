import { fold } from '@rolebook/kernel';
import type { TwoFactorEvent } from './events';
import { noTwoFactor, twoFactorStream, type TwoFactorState } from './state';

const after = (...history: TwoFactorEvent[]): TwoFactorState => fold(twoFactorStream, history);

const of = { userId: 'anna' };
const offered = (secret: string): TwoFactorEvent => ({ type: 'TwoFactorEnrolmentStarted', data: { ...of, secret } });
const enabled: TwoFactorEvent = { type: 'TwoFactorEnabled', data: { ...of, step: 10, recoveryCodes: ['r1', 'r2'] } };
const accepted = (step: number): TwoFactorEvent => ({ type: 'TwoFactorCodeAccepted', data: { ...of, step } });
const refused: TwoFactorEvent = { type: 'TwoFactorCodeRefused', data: { ...of, method: 'code', reason: 'wrong' } };
const used = (recoveryCode: string, left: number): TwoFactorEvent => ({ type: 'RecoveryCodeUsed', data: { ...of, recoveryCode, left } });
const reset: TwoFactorEvent = { type: 'TwoFactorReset', data: { ...of, channel: 'phone', spokeWith: 'Anna', verifiedAt: '2026-03-01T00:00:00.000Z', note: null } };

const enrolled = { enabled: true, pendingSecret: null, secret: 'S1', lastStep: 10, recoveryCodes: ['r1', 'r2'], epoch: 0 };

describe('the second factor of a person', () => {
  it('is not there at first', () => {
    expect(after()).toEqual({ enabled: false, pendingSecret: null, secret: null, lastStep: -1, recoveryCodes: [], epoch: 0 });
  });

  it('is not on while a secret is only offered', () => {
    expect(after(offered('S1'))).toEqual({ ...noTwoFactor, pendingSecret: 'S1' });
  });

  it('is on with the secret that was offered last, its code used up', () => {
    expect(after(offered('S0'), offered('S1'), enabled)).toEqual(enrolled);
  });

  it('keeps working while another secret is offered and not confirmed', () => {
    expect(after(offered('S1'), enabled, offered('S2'))).toEqual({ ...enrolled, pendingSecret: 'S2' });
  });

  it('remembers the step of the last code, so that none works twice', () => {
    expect(after(offered('S1'), enabled, accepted(12))).toEqual({ ...enrolled, lastStep: 12 });
    expect(after(offered('S1'), enabled, { type: 'RecoveryCodesReplaced', data: { ...of, step: 13, recoveryCodes: ['r3'] } })).toEqual({ ...enrolled, lastStep: 13, recoveryCodes: ['r3'] });
  });

  it('is not moved by a wrong code', () => {
    expect(after(offered('S1'), enabled, refused)).toEqual(enrolled);
  });

  it('uses up recovery codes one by one', () => {
    expect(after(offered('S1'), enabled, used('r1', 1)).recoveryCodes).toEqual(['r2']);
    expect(after(offered('S1'), enabled, used('r1', 1), used('r2', 0)).recoveryCodes).toEqual([]);
  });

  it.each<[string, TwoFactorEvent, number]>([['switched off', { type: 'TwoFactorDisabled', data: { ...of, step: 14 } }, 0], ['reset', reset, 1]])('leaves nothing behind when it is %s: neither secret nor codes', (_how, end, epoch) => {
    expect(after(offered('S1'), enabled, accepted(12), offered('S2'), end)).toEqual({ ...noTwoFactor, epoch });
  });

  it('is of a later epoch after every reset, and of the same after anything else: that is what ends the sessions', () => {
    expect(after(offered('S1'), enabled, reset, offered('S2'), enabled, { type: 'TwoFactorDisabled', data: { ...of, step: 14 } }).epoch).toBe(1);
    expect(after(offered('S1'), enabled, reset, offered('S2'), enabled, reset).epoch).toBe(2);
  });
});
