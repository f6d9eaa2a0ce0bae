import { requireAuthorityOver, requireSettings, requireSomebodyElse } from '@rolebook/access';
import type { ConfirmSuperAdmin, Deactivate, Erase, Reactivate, RegisterOwner } from './commands';
import { refusals } from './errors';
import type { UserEvent } from './events';
import { requireExists } from './preconditions';
import { isActiveSuperAdmin, type UserState } from './state';

/** product.md, section 5: there from the start, out, in again, gone for good. */
export function registerOwner(command: RegisterOwner, user: UserState): readonly UserEvent[] {
  if (user.status !== 'none') return [];
  const { type: _, ...owner } = command;
  return [{ type: 'OwnerRegistered', data: { ...owner, role: 'super-admin' } }];
}

export function deactivate({ by, reason }: Deactivate, user: UserState): readonly UserEvent[] {
  requireExists(user);
  requireSomebodyElse(by, user.id, 'deactivate themselves');
  requireAuthorityOver(by, user);
  if (user.status === 'deactivated') return [];
  if (user.status !== 'active') throw refusals.notActive();
  return [{ type: 'UserDeactivated', data: { userId: user.id, reason } }];
}

export function reactivate({ by, reason }: Reactivate, user: UserState): readonly UserEvent[] {
  requireExists(user);
  requireAuthorityOver(by, user);
  if (user.status === 'active') return [];
  if (user.status !== 'deactivated') throw refusals.notDeactivated();
  return [{ type: 'UserReactivated', data: { userId: user.id, reason } }];
}

export function erase({ by, emailMatches }: Erase, user: UserState): readonly UserEvent[] {
  requireExists(user);
  requireSettings(by, 'manage');
  requireSomebodyElse(by, user.id, 'erase themselves');
  if (user.status === 'erased') return [];
  if (!emailMatches) throw refusals.emailMismatch();
  return [{ type: 'UserErased', data: { userId: user.id, previousStatus: user.status } }];
}

export function confirmSuperAdmin(_command: ConfirmSuperAdmin, user: UserState): readonly UserEvent[] {
  return isActiveSuperAdmin(user) ? [{ type: 'SuperAdminConfirmed', data: { userId: user.id } }] : [];
}
