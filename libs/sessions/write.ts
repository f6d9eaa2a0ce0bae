/** What can be done with sessions. */
import { CheckPasswordHandler } from './use-cases/check-password';
import { CompleteSignInHandler } from './use-cases/complete-sign-in';
import { PasswordChecks } from './use-cases/password-checks';
import { RefreshSessionHandler } from './use-cases/refresh-session';
import { RequestPasswordResetHandler } from './use-cases/request-password-reset';
import { ResetPasswordHandler } from './use-cases/reset-password';
import { RevokeSessionHandler } from './use-cases/revoke-session';
import { SessionStreams } from './use-cases/session-streams';
import { SignInHandler } from './use-cases/sign-in';
import { SignOutHandler } from './use-cases/sign-out';
import { StartSessionHandler } from './use-cases/start-session';

export { CheckPassword } from './use-cases/check-password';
export { CompleteSignIn } from './use-cases/complete-sign-in';
export { RefreshSession } from './use-cases/refresh-session';
export { RequestPasswordReset } from './use-cases/request-password-reset';
export { ResetPassword } from './use-cases/reset-password';
export { RevokeSession } from './use-cases/revoke-session';
export { SignIn, type SignedIn, type SignInOutcome } from './use-cases/sign-in';
export { SignOut } from './use-cases/sign-out';
export { StartSession, type StartedSession } from './use-cases/start-session';
export { KnownDevices, type Origin } from './device/known-devices';
export { SessionStreams };

/** Everything the composition must provide. */
export const sessionsWriteProviders = [
  PasswordChecks, SessionStreams, CheckPasswordHandler, CompleteSignInHandler, RefreshSessionHandler, RequestPasswordResetHandler, ResetPasswordHandler,
  RevokeSessionHandler, SignInHandler, SignOutHandler, StartSessionHandler,
];
