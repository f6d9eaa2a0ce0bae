import { requireAuthorityOver, requireSomebodyElse, type Person } from '@rolebook/access';
import { unreachable, type Decider } from '@rolebook/kernel';
import { twoFactorRefusals } from './errors';
import type { TwoFactorCodeRefused, TwoFactorEvent, TwoFactorReset } from './events';
import { evolveTwoFactor, noTwoFactor, type TwoFactorState } from './state';

/** A code of the authenticator. `step`: the time step it belongs to by the secret `of`; `null` where it is no code of that secret around now. */
export interface CodeProof { readonly method: 'code'; readonly of: string; readonly step: number | null }
/** `hash`: as the recovery codes stand in the stream. */
export interface RecoveryCodeProof { readonly method: 'recovery-code'; readonly hash: string }
export type SecondFactorProof = CodeProof | RecoveryCodeProof;

export type IdentityVerification = Omit<TwoFactorReset['data'], 'userId'>;

export type TwoFactorCommand = { readonly userId: string } & (
  | { readonly type: 'StartEnrolment'; readonly secret: string }
  | { readonly type: 'ConfirmEnrolment'; readonly proof: CodeProof; readonly recoveryCodes: readonly string[] }
  | { readonly type: 'Verify'; readonly proof: SecondFactorProof }
  | { readonly type: 'ReplaceRecoveryCodes'; readonly proof: CodeProof; readonly recoveryCodes: readonly string[] }
  /** `required`: whether the business requires two-factor of this person. */
  | { readonly type: 'Disable'; readonly proof: CodeProof; readonly required: boolean }
  /** By an administrator. `target`: the person, `null` where there is none. Of the erased nothing is enrolled any more, whatever the stream says. */
  | { readonly type: 'Reset'; readonly by: Person; readonly target: Person | null; readonly erased: boolean; readonly verification: IdentityVerification }
);

/**
 * A person's second factor (product.md, section 6). A code that is refused is an event, `TwoFactorCodeRefused`: whoever gave the command
 * finds it among the events and answers with the refusal. A code is good once: its time step must be later than the last one accepted,
 * and since steps stand in the stream, that holds whatever races.
 */
export const twoFactorDecider: Decider<TwoFactorCommand, TwoFactorState, TwoFactorEvent> = { initialState: noTwoFactor, evolve: evolveTwoFactor, decide };

function decide(command: TwoFactorCommand, state: TwoFactorState): readonly TwoFactorEvent[] {
  const { userId } = command;
  switch (command.type) {
    case 'StartEnrolment':
      if (state.enabled) throw twoFactorRefusals.alreadyEnrolled();
      return [{ type: 'TwoFactorEnrolmentStarted', data: { userId, secret: command.secret } }];
    case 'ConfirmEnrolment': {
      if (state.enabled) throw twoFactorRefusals.alreadyEnrolled();
      if (state.pendingSecret === null) throw twoFactorRefusals.notEnrolled();
      return withCode(userId, command.proof, state.pendingSecret, -1, (step) => ({ type: 'TwoFactorEnabled', data: { userId, step, recoveryCodes: command.recoveryCodes } }));
    }
    case 'Verify':
      if (command.proof.method === 'recovery-code') return useRecoveryCode(userId, command.proof.hash, enrolled(state));
      return withEnrolledCode(userId, command.proof, state, (step) => ({ type: 'TwoFactorCodeAccepted', data: { userId, step } }));
    case 'ReplaceRecoveryCodes':
      return withEnrolledCode(userId, command.proof, state, (step) => ({ type: 'RecoveryCodesReplaced', data: { userId, step, recoveryCodes: command.recoveryCodes } }));
    case 'Disable':
      enrolled(state);
      if (command.required) throw twoFactorRefusals.required();
      return withEnrolledCode(userId, command.proof, state, (step) => ({ type: 'TwoFactorDisabled', data: { userId, step } }));
    case 'Reset':
      if (command.target === null) throw twoFactorRefusals.notFound();
      requireSomebodyElse(command.by, userId, 'reset their own two-factor authentication');
      requireAuthorityOver(command.by, command.target);
      if (command.erased) throw twoFactorRefusals.notEnrolled();
      enrolled(state);
      return [{ type: 'TwoFactorReset', data: { userId, ...command.verification } }];
    default: return unreachable(command);
  }
}

function enrolled(state: TwoFactorState): TwoFactorState {
  if (!state.enabled) throw twoFactorRefusals.notEnrolled();
  return state;
}

function withEnrolledCode(userId: string, proof: CodeProof, state: TwoFactorState, accepted: (step: number) => TwoFactorEvent): readonly TwoFactorEvent[] {
  const { secret, lastStep } = enrolled(state);
  return withCode(userId, proof, secret, lastStep, accepted);
}

/** The proof speaks of one secret: where another stands by now, it proves nothing. */
function withCode(userId: string, { of, step }: CodeProof, secret: string | null, lastStep: number, accepted: (step: number) => TwoFactorEvent): readonly TwoFactorEvent[] {
  if (step === null || of !== secret) return [refused(userId, 'code', 'wrong')];
  return [step <= lastStep ? refused(userId, 'code', 'used') : accepted(step)];
}

function useRecoveryCode(userId: string, hash: string, { recoveryCodes }: TwoFactorState): readonly TwoFactorEvent[] {
  if (!recoveryCodes.includes(hash)) return [refused(userId, 'recovery-code', 'wrong')];
  return [{ type: 'RecoveryCodeUsed', data: { userId, recoveryCode: hash, left: recoveryCodes.length - 1 } }];
}

function refused(userId: string, method: TwoFactorCodeRefused['data']['method'], reason: TwoFactorCodeRefused['data']['reason']): TwoFactorCodeRefused {
  return { type: 'TwoFactorCodeRefused', data: { userId, method, reason } };
}
