import { unreachable } from '@rolebook/kernel';
import type { TwoFactorEvent } from './events';

/** A person's second factor. */
export interface TwoFactorState {
  readonly enabled: boolean;
  /** Offered and not confirmed yet; base32. */
  readonly pendingSecret: string | null;
  readonly secret: string | null;
  /** The last time step a code was accepted in: it and all before are used up. */
  readonly lastStep: number;
  /** Hashes of the recovery codes that are left. */
  readonly recoveryCodes: readonly string[];
  /** Raised by every reset: a session that was started in an older epoch is over. */
  readonly epoch: number;
}

export const noTwoFactor: TwoFactorState = { enabled: false, pendingSecret: null, secret: null, lastStep: -1, recoveryCodes: [], epoch: 0 };

export function evolveTwoFactor(state: TwoFactorState, { type, data }: TwoFactorEvent): TwoFactorState {
  switch (type) {
    case 'TwoFactorEnrolmentStarted': return { ...state, pendingSecret: data.secret };
    case 'TwoFactorEnabled': return { ...state, enabled: true, pendingSecret: null, secret: state.pendingSecret, lastStep: data.step, recoveryCodes: data.recoveryCodes };
    case 'TwoFactorCodeAccepted': return { ...state, lastStep: data.step };
    case 'TwoFactorCodeRefused': return state;
    case 'RecoveryCodeUsed': return { ...state, recoveryCodes: state.recoveryCodes.filter((code) => code !== data.recoveryCode) };
    case 'RecoveryCodesReplaced': return { ...state, lastStep: data.step, recoveryCodes: data.recoveryCodes };
    case 'TwoFactorDisabled': return { ...noTwoFactor, epoch: state.epoch };
    case 'TwoFactorReset': return { ...noTwoFactor, epoch: state.epoch + 1 };
    default: return unreachable(type);
  }
}

/** How a two-factor stream folds. */
export const twoFactorStream = { kind: 'two-factor', initialState: noTwoFactor, evolve: evolveTwoFactor };
