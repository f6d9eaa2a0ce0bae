import type { DomainEvent, EventDefinitions } from '@rolebook/kernel';

type Event<Type extends string, Data extends object> = DomainEvent<Type, { userId: string } & Data>;

/** A secret was offered; nothing is enrolled before a code confirms it. `secret` is base32. */
export type TwoFactorEnrolmentStarted = Event<'TwoFactorEnrolmentStarted', { secret: string }>;
/** Confirmed by a code of time step `step`. The recovery codes stand as hashes. */
export type TwoFactorEnabled = Event<'TwoFactorEnabled', { step: number; recoveryCodes: readonly string[] }>;
export type TwoFactorCodeAccepted = Event<'TwoFactorCodeAccepted', { step: number }>;
export type TwoFactorCodeRefused = Event<'TwoFactorCodeRefused', { method: 'code' | 'recovery-code'; reason: 'wrong' | 'used' | 'throttled' }>;
export type RecoveryCodeUsed = Event<'RecoveryCodeUsed', { recoveryCode: string; left: number }>;
export type RecoveryCodesReplaced = Event<'RecoveryCodesReplaced', { step: number; recoveryCodes: readonly string[] }>;
export type TwoFactorDisabled = Event<'TwoFactorDisabled', { step: number }>;
/** By an administrator who has verified the person's identity by phone or video. Ends every session. */
export type TwoFactorReset = Event<'TwoFactorReset', { channel: 'phone' | 'video'; spokeWith: string; verifiedAt: string; note: string | null }>;

/** What happens in the stream `two-factor-<business>-<user>`. */
export type TwoFactorEvent =
  | TwoFactorEnrolmentStarted | TwoFactorEnabled | TwoFactorCodeAccepted | TwoFactorCodeRefused
  | RecoveryCodeUsed | RecoveryCodesReplaced | TwoFactorDisabled | TwoFactorReset;

const enabled = (from: boolean, to: boolean) => [{ field: 'twoFactor.enabled', from, to }];

export const twoFactorEvents: EventDefinitions<TwoFactorEvent> = {
  TwoFactorEnrolmentStarted: { action: 'two-factor.enrolment-started', user: 'userId', sealed: { secret: '' }, changes: () => [] },
  TwoFactorEnabled: { action: 'two-factor.enabled', user: 'userId', sealed: { recoveryCodes: [] }, changes: () => enabled(false, true) },
  TwoFactorCodeAccepted: { action: 'two-factor.code-accepted', user: 'userId', sealed: {}, changes: () => [] },
  TwoFactorCodeRefused: { action: 'two-factor.code-refused', user: 'userId', sealed: {}, changes: () => [] },
  RecoveryCodeUsed: { action: 'two-factor.recovery-code-used', user: 'userId', sealed: { recoveryCode: '' }, changes: (d) => [{ field: 'twoFactor.recoveryCodesLeft', from: d.left + 1, to: d.left }] },
  RecoveryCodesReplaced: { action: 'two-factor.recovery-codes-replaced', user: 'userId', sealed: { recoveryCodes: [] }, changes: () => [] },
  TwoFactorDisabled: { action: 'two-factor.disabled', user: 'userId', sealed: {}, changes: () => enabled(true, false) },
  TwoFactorReset: {
    action: 'two-factor.reset', user: 'userId', sealed: { spokeWith: '', note: null },
    changes: (d) => [...enabled(true, false), { field: 'identityVerification', from: null, to: { channel: d.channel, spokeWith: d.spokeWith, at: d.verifiedAt, note: d.note } }],
  },
};
