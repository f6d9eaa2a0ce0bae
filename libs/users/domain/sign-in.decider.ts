import type { ChangePassword, RequestPasswordReset, ResetPassword, RevokeSessions } from './commands';
import { refusals } from './errors';
import type { UserEvent } from './events';
import { requireSelfOrAuthority } from './preconditions';
import type { UserState } from './state';

/** The password, and all sessions at once. */
export function changePassword({ current, passwordHash, keptSessionId }: ChangePassword, user: UserState): readonly UserEvent[] {
  if (user.status !== 'active' || user.passwordHash !== current) throw refusals.invalidCredentials();
  return [{ type: 'PasswordChanged', data: { userId: user.id, passwordHash, keptSessionId } }];
}

export function requestPasswordReset({ expiresAt }: RequestPasswordReset, user: UserState): readonly UserEvent[] {
  if (user.status !== 'active') return [];
  return [{ type: 'PasswordResetRequested', data: { userId: user.id, generation: user.passwordReset.generation + 1, expiresAt } }];
}

export function resetPassword(command: ResetPassword, user: UserState): readonly UserEvent[] {
  const { generation, expiresAt } = user.passwordReset;
  if (user.status !== 'active' || expiresAt === null || generation !== command.generation || command.now >= expiresAt) throw refusals.invalidResetToken();
  return [{ type: 'PasswordReset', data: { userId: user.id, passwordHash: command.passwordHash, generation } }];
}

export function revokeSessions({ by, keptSessionId, reason }: RevokeSessions, user: UserState): readonly UserEvent[] {
  requireSelfOrAuthority(by, user);
  return [{ type: 'SessionsRevoked', data: { userId: user.id, keptSessionId, reason } }];
}
