/** What can be done with people's second factor. */
import { CodeChecks } from './use-cases/code-checks';
import { ConfirmEnrolmentHandler } from './use-cases/confirm-enrolment';
import { DisableTwoFactorHandler, RequireMayDisableHandler } from './use-cases/disable-two-factor';
import { RecoveryCodes } from './use-cases/recovery-codes';
import { ReplaceRecoveryCodesHandler } from './use-cases/replace-recovery-codes';
import { ResetTwoFactorHandler } from './use-cases/reset-two-factor';
import { StartEnrolmentHandler } from './use-cases/start-enrolment';
import { TwoFactorStreams } from './use-cases/two-factor-streams';
import { VerifySecondFactorHandler } from './use-cases/verify-second-factor';

export { ConfirmEnrolment } from './use-cases/confirm-enrolment';
export { DisableTwoFactor, RequireMayDisable } from './use-cases/disable-two-factor';
export { ReplaceRecoveryCodes } from './use-cases/replace-recovery-codes';
export { ResetTwoFactor } from './use-cases/reset-two-factor';
export { StartEnrolment } from './use-cases/start-enrolment';
export { VerifySecondFactor, type SecondFactor } from './use-cases/verify-second-factor';
export { TwoFactorStreams };
export { twoFactorRefusals } from './domain/errors';
export type { IdentityVerification } from './domain/decider';

/** Everything the composition must provide. */
export const twoFactorWriteProviders = [
  CodeChecks, RecoveryCodes, TwoFactorStreams, ConfirmEnrolmentHandler, DisableTwoFactorHandler, RequireMayDisableHandler, ReplaceRecoveryCodesHandler,
  ResetTwoFactorHandler, StartEnrolmentHandler, VerifySecondFactorHandler,
];
