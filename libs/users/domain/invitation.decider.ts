import { defaultPermissions, effectivePermissions, requireAuthorityOver, requireHoldsWhatIsGranted, requireMayAssign, requireSettings, type Module, type Overrides, type Person, type Role } from '@rolebook/access';
import type { AbandonInvitation, AcceptInvitation, Invite, ResendInvitation, WithdrawInvitation } from './commands';
import { refusals } from './errors';
import type { UserEvent } from './events';
import { requireExists } from './preconditions';
import type { UserState } from './state';

/** product.md, section 1: invited with a role, a link that works once and for a while, sent again, withdrawn, accepted. */
export function invite(command: Invite, user: UserState): readonly UserEvent[] {
  const { type: _, by, ...invitation } = command;
  const overrides = differingFromDefaults(command.role, command.overrides);
  requireMayAssign(by, command.role);
  if (Object.keys(command.overrides).length > 0) requireSettings(by, 'manage');
  requireHoldsWhatIsGranted(by, null, effectivePermissions(command.role, overrides));
  if (command.role === 'super-admin' && Object.keys(overrides).length > 0) throw refusals.superAdminNotOverridden();
  if (user.status !== 'none') throw refusals.emailTaken();
  return [{ type: 'UserInvited', data: { generation: 1, ...invitation, overrides } }];
}

export function resendInvitation({ by, expiresAt }: ResendInvitation, user: UserState): readonly UserEvent[] {
  requireInvited(by, user);
  return [{ type: 'InvitationResent', data: { userId: user.id, generation: (user.invitation?.generation ?? 0) + 1, expiresAt, previousExpiresAt: user.invitation?.expiresAt ?? null } }];
}

export function withdrawInvitation({ by }: WithdrawInvitation, user: UserState): readonly UserEvent[] {
  requireInvited(by, user);
  return [{ type: 'InvitationWithdrawn', data: { userId: user.id } }];
}

export function abandonInvitation({ userId }: AbandonInvitation, user: UserState): readonly UserEvent[] {
  return user.status === 'none' ? [{ type: 'InvitationAbandoned', data: { userId } }] : [];
}

export function acceptInvitation(command: AcceptInvitation, user: UserState): readonly UserEvent[] {
  if (user.status !== 'invited' || user.invitation?.generation !== command.generation) throw refusals.invalidToken();
  if (command.now >= user.invitation.expiresAt) throw refusals.invitationExpired();
  const { displayName, passwordHash } = command;
  // A number that an administrator has entered already stays unless the person gives another.
  const phone = command.phone ?? user.phone;
  return [{ type: 'InvitationAccepted', data: { userId: user.id, displayName, phone, passwordHash, previousName: user.displayName } }];
}

function requireInvited(by: Person, user: UserState): void {
  requireExists(user);
  requireAuthorityOver(by, user);
  if (user.status !== 'invited') throw refusals.notInvited();
}

/** Only what differs from the role's default is an override. */
export function differingFromDefaults(role: Role, overrides: Overrides): Overrides {
  const defaults = defaultPermissions(role);
  return Object.fromEntries(Object.entries(overrides).filter(([module, level]) => defaults[module as Module] !== level));
}
