import {
  defaultPermissions, effectivePermissions, MODULES, requireAuthorityOver, requireHoldsWhatIsGranted, requireMayAssign, requireSettings, requireSomebodyElse,
  type Module, type Overrides, type Person, type Role,
} from '@rolebook/access';
import { unreachable, type Decider } from '@rolebook/kernel';
import type { ChangeOverrides, ChangeRole, EditProfile, Invite, UserCommand } from './commands';
import { refusals } from './errors';
import type { UserEvent } from './events';
import { evolveUser, noUser, permissionsOf, type UserState } from './state';

/** What may happen to a user (product.md, sections 1 to 5), and who may make it happen (section 3). */
export const userDecider: Decider<UserCommand, UserState, UserEvent> = { initialState: noUser, decide, evolve: evolveUser };

/** How the user's stream folds, for use-cases. */
export const userStream = { kind: 'user', initialState: noUser, evolve: evolveUser };

function decide(command: UserCommand, user: UserState): readonly UserEvent[] {
  const userId = user.id;
  switch (command.type) {
    case 'RegisterOwner': {
      if (user.status !== 'none') return [];
      const { type: _, ...owner } = command;
      return [{ type: 'OwnerRegistered', data: { ...owner, role: 'super-admin' } }];
    }
    case 'Invite': return invite(command, user);
    case 'ResendInvitation':
      requireInvited(command.by, user);
      return [{ type: 'InvitationResent', data: { userId, generation: (user.invitation?.generation ?? 0) + 1, expiresAt: command.expiresAt } }];
    case 'WithdrawInvitation':
      requireInvited(command.by, user);
      return [{ type: 'InvitationWithdrawn', data: { userId } }];
    case 'AbandonInvitation':
      return user.status === 'none' ? [{ type: 'InvitationAbandoned', data: { userId: command.userId } }] : [];
    case 'AcceptInvitation': {
      if (user.status !== 'invited' || user.invitation?.generation !== command.generation) throw refusals.invalidToken();
      if (command.now >= user.invitation.expiresAt) throw refusals.invitationExpired();
      const { displayName, phone, passwordHash } = command;
      return [{ type: 'InvitationAccepted', data: { userId, displayName, phone, passwordHash, previousName: user.displayName } }];
    }
    case 'EditProfile': return editProfile(command, user);
    case 'ChangeAvatar':
      requireSelfOrAuthority(command.by, user);
      return command.avatar === user.avatar ? [] : [{ type: 'AvatarChanged', data: { userId, from: user.avatar, to: command.avatar } }];
    case 'ChangeRole': return changeRole(command, user);
    case 'ChangeOverrides': return changeOverrides(command, user);
    case 'Deactivate':
      requireExists(user);
      requireSomebodyElse(command.by, userId, 'deactivate themselves');
      requireAuthorityOver(command.by, user);
      if (user.status === 'deactivated') return [];
      if (user.status !== 'active') throw refusals.notActive();
      return [{ type: 'UserDeactivated', data: { userId, reason: command.reason } }];
    case 'Reactivate':
      requireExists(user);
      requireAuthorityOver(command.by, user);
      if (user.status === 'active') return [];
      if (user.status !== 'deactivated') throw refusals.notDeactivated();
      return [{ type: 'UserReactivated', data: { userId, reason: command.reason } }];
    case 'Erase':
      requireExists(user);
      requireSettings(command.by, 'manage');
      requireSomebodyElse(command.by, userId, 'erase themselves');
      if (user.status === 'erased') return [];
      if (!command.emailMatches) throw refusals.emailMismatch();
      return [{ type: 'UserErased', data: { userId } }];
    case 'ChangePassword':
      if (user.status !== 'active') throw refusals.invalidCredentials();
      return [{ type: 'PasswordChanged', data: { userId, passwordHash: command.passwordHash, keptSessionId: command.keptSessionId } }];
    case 'RequestPasswordReset':
      if (user.status !== 'active') return [];
      return [{ type: 'PasswordResetRequested', data: { userId, generation: user.passwordReset.generation + 1, expiresAt: command.expiresAt } }];
    case 'ResetPassword': {
      const { generation, expiresAt } = user.passwordReset;
      if (user.status !== 'active' || expiresAt === null || generation !== command.generation || command.now >= expiresAt) throw refusals.invalidToken();
      return [{ type: 'PasswordReset', data: { userId, passwordHash: command.passwordHash, generation } }];
    }
    case 'RevokeSessions':
      requireExists(user);
      if (command.by.id !== userId) requireAuthorityOver(command.by, user);
      return [{ type: 'SessionsRevoked', data: { userId, keptSessionId: command.keptSessionId, reason: command.reason } }];
    default: return unreachable(command);
  }
}

function invite(command: Invite, user: UserState): readonly UserEvent[] {
  const { type: _, by, ...invitation } = command;
  const overrides = trimmed(command.role, command.overrides);
  requireMayAssign(by, command.role);
  if (Object.keys(command.overrides).length > 0) requireSettings(by, 'manage');
  if (command.role === 'super-admin' && Object.keys(overrides).length > 0) throw refusals.superAdminNotOverridden();
  requireHoldsWhatIsGranted(by, null, effectivePermissions(command.role, overrides));
  if (user.status !== 'none') throw refusals.emailTaken();
  return [{ type: 'UserInvited', data: { ...invitation, overrides, generation: 1 } }];
}

function editProfile(command: EditProfile, user: UserState): readonly UserEvent[] {
  requireSelfOrAuthority(command.by, user);
  const from: Record<string, unknown> = {};
  const to: Record<string, unknown> = {};
  for (const field of ['displayName', 'phone', 'locale'] as const) {
    const value = command[field];
    if (value === undefined || value === user[field]) continue;
    from[field] = user[field];
    to[field] = value;
  }
  return Object.keys(to).length === 0 ? [] : [{ type: 'ProfileEdited', data: { userId: user.id, from, to } }];
}

function changeRole(command: ChangeRole, user: UserState): readonly UserEvent[] {
  requireRoleManagement(command.by, user);
  if (command.role === user.role) return [];
  const kept = command.keepOverrides && command.role !== 'super-admin' ? trimmed(command.role, user.overrides) : {};
  const removedOverrides = Object.fromEntries(Object.entries(user.overrides).filter(([module]) => !(module in kept)));
  requireHoldsWhatIsGranted(command.by, permissionsOf(user), effectivePermissions(command.role, kept));
  return [{ type: 'RoleChanged', data: { userId: user.id, from: user.role, to: command.role, removedOverrides, reason: command.reason } }];
}

function changeOverrides(command: ChangeOverrides, user: UserState): readonly UserEvent[] {
  requireRoleManagement(command.by, user);
  const before = permissionsOf(user);
  const defaults = defaultPermissions(user.role);
  const events: UserEvent[] = [];
  const after = { ...before };
  for (const module of MODULES) {
    const wanted = command.overrides[module];
    if (wanted === undefined) continue;
    const to = wanted ?? defaults[module];
    after[module] = to;
    if (to === before[module]) continue;
    if (user.role === 'super-admin') throw refusals.superAdminNotOverridden();
    const type = to === defaults[module] ? 'PermissionOverrideRemoved' as const : 'PermissionOverridden' as const;
    events.push({ type, data: { userId: user.id, module, from: before[module], to, reason: command.reason } });
  }
  requireHoldsWhatIsGranted(command.by, before, after);
  return events;
}

/** Only what differs from the role's default is an override. */
function trimmed(role: Role, overrides: Overrides): Overrides {
  const defaults = defaultPermissions(role);
  return Object.fromEntries(Object.entries(overrides).filter(([module, level]) => defaults[module as Module] !== level));
}

/** Changing roles and overrides: with Settings at manage, and never one's own. */
function requireRoleManagement(by: Person, user: UserState): void {
  requireExists(user);
  requireSettings(by, 'manage');
  requireSomebodyElse(by, user.id, 'change their own role or overrides');
  if (user.status === 'erased' || user.status === 'invitation-withdrawn') throw refusals.notActive();
}

function requireSelfOrAuthority(by: Person, user: UserState): void {
  requireExists(user);
  if (by.id !== user.id) requireAuthorityOver(by, user);
  if (user.status === 'erased') throw refusals.notActive();
}

function requireInvited(by: Person, user: UserState): void {
  requireExists(user);
  requireAuthorityOver(by, user);
  if (user.status !== 'invited') throw refusals.notInvited();
}

/** To everybody else an id that never was and an invitation that never came to be are the same. */
function requireExists(user: UserState): void {
  if (user.status === 'none') throw refusals.notFound();
}
