/** What can be done with sessions. */
import { RefreshSessionHandler } from './use-cases/refresh-session';
import { RevokeSessionHandler } from './use-cases/revoke-session';
import { SessionStreams } from './use-cases/session-streams';
import { SignInHandler } from './use-cases/sign-in';
import { SignOutHandler } from './use-cases/sign-out';
import { StartSessionHandler } from './use-cases/start-session';

export { RefreshSession } from './use-cases/refresh-session';
export { RevokeSession } from './use-cases/revoke-session';
export { SignIn } from './use-cases/sign-in';
export { SignOut } from './use-cases/sign-out';
export { StartSession, type StartedSession } from './use-cases/start-session';
export { SessionStreams };

/** Everything the composition must provide. */
export const sessionsWriteProviders = [SessionStreams, RefreshSessionHandler, RevokeSessionHandler, SignInHandler, SignOutHandler, StartSessionHandler];
