import { effectivePermissions, type Overrides, type Permissions, type Person } from '@rolebook/access';
import { unreachable } from '@rolebook/kernel';
import type { Locale, UserEvent } from './events';

/** `abandoned`: an invitation that never came to be; to everybody else there is no such user. */
export type StoredStatus = 'none' | 'abandoned' | 'invited' | 'invitation-withdrawn' | 'active' | 'deactivated' | 'erased';

/** A user, as commands see one. */
export interface UserState extends Person {
  readonly status: StoredStatus;
  readonly email: string;
  readonly displayName: string | null;
  readonly phone: string | null;
  readonly locale: Locale;
  readonly avatar: string | null;
  readonly passwordHash: string | null;
  readonly invitation: { readonly generation: number; readonly expiresAt: string } | null;
  readonly passwordReset: { readonly generation: number; readonly expiresAt: string | null };
  /** Raised whenever all sessions end: a session of an older epoch is over unless it was kept. */
  readonly sessionEpoch: number;
  /** The session kept when all others ended, if it was still standing then: it is of epoch `keptSince` or later. */
  readonly keptSessionId: string | null;
  readonly keptSince: number;
}

export const noUser: UserState = {
  id: '', status: 'none', email: '', displayName: null, phone: null, locale: 'en', avatar: null, role: 'crew', overrides: {},
  passwordHash: null, invitation: null, passwordReset: { generation: 0, expiresAt: null }, sessionEpoch: 0, keptSessionId: null, keptSince: 0,
};

export function permissionsOf(user: Pick<UserState, 'role' | 'overrides'>): Permissions {
  return effectivePermissions(user.role, user.overrides);
}

export function isActiveSuperAdmin(user: Pick<UserState, 'status' | 'role'>): boolean {
  return user.status === 'active' && user.role === 'super-admin';
}

/** Whether a session that was started in `epoch` is still good, as far as its user is concerned. */
export function sessionStands(user: UserState, session: { readonly id: string; readonly epoch: number }): boolean {
  if (user.status !== 'active') return false;
  return session.epoch === user.sessionEpoch || (session.id === user.keptSessionId && session.epoch >= user.keptSince);
}

/** Keeping a session cannot bring it back: one that had ended before is of an epoch before `keptSince`. */
function endSessions(state: UserState, kept: string | null): UserState {
  const keptBefore = kept !== null && kept === state.keptSessionId;
  return { ...state, sessionEpoch: state.sessionEpoch + 1, keptSessionId: kept, keptSince: keptBefore ? state.keptSince : state.sessionEpoch };
}

export function evolveUser(state: UserState, { type, data }: UserEvent): UserState {
  switch (type) {
    case 'OwnerRegistered':
      return { ...state, id: data.userId, status: 'active', email: data.email, displayName: data.displayName, locale: data.locale, role: data.role, passwordHash: data.passwordHash };
    case 'UserInvited':
      return {
        ...state, id: data.userId, status: 'invited', email: data.email, displayName: data.displayName, locale: data.locale, role: data.role, overrides: data.overrides,
        invitation: { generation: data.generation, expiresAt: data.expiresAt },
      };
    case 'InvitationResent': return { ...state, invitation: { generation: data.generation, expiresAt: data.expiresAt } };
    case 'InvitationWithdrawn': return { ...state, status: 'invitation-withdrawn', invitation: null };
    case 'InvitationAbandoned': return { ...state, id: data.userId, status: 'abandoned' };
    case 'InvitationAccepted':
      return { ...state, status: 'active', displayName: data.displayName, phone: data.phone, passwordHash: data.passwordHash, invitation: null };
    case 'ProfileEdited': return { ...state, ...data.to };
    case 'AvatarChanged': return { ...state, avatar: data.to };
    case 'RoleChanged': return { ...state, role: data.to, overrides: without(state.overrides, data.removedOverrides) };
    case 'PermissionOverridden': return { ...state, overrides: { ...state.overrides, [data.module]: data.to } };
    case 'PermissionOverrideRemoved': return { ...state, overrides: without(state.overrides, { [data.module]: data.from }) };
    case 'UserDeactivated': return { ...endSessions(state, null), status: 'deactivated', passwordReset: { ...state.passwordReset, expiresAt: null } };
    case 'UserReactivated': return { ...state, status: 'active' };
    case 'UserErased':
      return { ...endSessions(state, null), status: 'erased', email: '', displayName: null, phone: null, avatar: null, passwordHash: null, invitation: null };
    case 'SuperAdminConfirmed': return state;
    case 'PasswordChanged':
      return { ...endSessions(state, data.keptSessionId), passwordHash: data.passwordHash, passwordReset: { ...state.passwordReset, expiresAt: null } };
    case 'PasswordResetRequested': return { ...state, passwordReset: { generation: data.generation, expiresAt: data.expiresAt } };
    case 'PasswordReset':
      return { ...endSessions(state, null), passwordHash: data.passwordHash, passwordReset: { ...state.passwordReset, expiresAt: null } };
    case 'SessionsRevoked': return endSessions(state, data.keptSessionId);
    default: return unreachable(type);
  }
}

function without(overrides: Overrides, removed: Overrides): Overrides {
  return Object.fromEntries(Object.entries(overrides).filter(([module]) => !(module in removed)));
}

/** How a user's stream folds. */
export const userStream = { kind: 'user', initialState: noUser, evolve: evolveUser };
