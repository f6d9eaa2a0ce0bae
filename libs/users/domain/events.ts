import { MODULES, type Level, type Module, type Overrides, type Role } from '@rolebook/access';
import { ERASED_NAME, type AuditChange, type DomainEvent, type EventDefinitions } from '@rolebook/kernel';

export type Locale = 'en' | 'th';

interface Profile {
  displayName: string;
  phone: string | null;
  locale: Locale;
}

type Event<Type extends string, Data extends object> = DomainEvent<Type, { userId: string } & Data>;

/** The owner of a new business: active from the start. */
export type OwnerRegistered = Event<'OwnerRegistered', { email: string; displayName: string; locale: Locale; role: Role; passwordHash: string }>;
export type UserInvited = Event<'UserInvited', {
  email: string; displayName: string | null; locale: Locale; role: Role; overrides: Overrides;
  /** Counts the links sent; only the newest works. */
  generation: number; expiresAt: string;
}>;
/** `previousExpiresAt` and, below, `previousStatus` are missing in what was written before they were known. */
export type InvitationResent = Event<'InvitationResent', { generation: number; expiresAt: string; previousExpiresAt?: string | null }>;
export type InvitationWithdrawn = Event<'InvitationWithdrawn', object>;
/** An invitation that died half-way, between the reservation of its address and itself: its id is never used again. */
export type InvitationAbandoned = Event<'InvitationAbandoned', object>;
export type InvitationAccepted = Event<'InvitationAccepted', { displayName: string; phone: string | null; passwordHash: string; previousName: string | null }>;
export type ProfileEdited = Event<'ProfileEdited', { from: Partial<Profile>; to: Partial<Profile> }>;
export type AvatarChanged = Event<'AvatarChanged', { from: string | null; to: string | null }>;
export type RoleChanged = Event<'RoleChanged', { from: Role; to: Role; removedOverrides: Overrides; reason: string | null }>;
/** `from` and `to` are the levels in force before and after. */
export type PermissionOverridden = Event<'PermissionOverridden', { module: Module; from: Level; to: Level; reason: string | null }>;
export type PermissionOverrideRemoved = Event<'PermissionOverrideRemoved', { module: Module; from: Level; to: Level; reason: string | null }>;
export type UserDeactivated = Event<'UserDeactivated', { reason: string | null }>;
export type UserReactivated = Event<'UserReactivated', { reason: string | null }>;
export type UserErased = Event<'UserErased', { previousStatus?: string }>;
/** Still a Super Admin: a removal that died half-way is off, and can no longer be finished. Changes nothing but the revision. */
export type SuperAdminConfirmed = Event<'SuperAdminConfirmed', object>;
/** Ends every other session. */
export type PasswordChanged = Event<'PasswordChanged', { passwordHash: string; keptSessionId: string | null }>;
export type PasswordResetRequested = Event<'PasswordResetRequested', { generation: number; expiresAt: string }>;
/** Ends every session. */
export type PasswordReset = Event<'PasswordReset', { passwordHash: string; generation: number }>;
/** Ends every session of the user that started before, but the one kept. */
export type SessionsRevoked = Event<'SessionsRevoked', { keptSessionId: string | null; reason: 'revoked' | 'signed-out-everywhere' | 'two-factor-reset' }>;

/** What happens in the stream `user-<business>-<id>`. */
export type UserEvent =
  | OwnerRegistered | UserInvited | InvitationResent | InvitationWithdrawn | InvitationAbandoned | InvitationAccepted
  | ProfileEdited | AvatarChanged | RoleChanged | PermissionOverridden | PermissionOverrideRemoved
  | UserDeactivated | UserReactivated | UserErased | SuperAdminConfirmed | PasswordChanged | PasswordResetRequested | PasswordReset | SessionsRevoked;

const change = (field: string, from: AuditChange['from'], to: AuditChange['to']): AuditChange => ({ field, from, to });
const status = (from: string | null, to: string) => change('status', from, to);
const overridesOf = (overrides: Overrides, was: boolean) => MODULES.flatMap((module) => {
  const level = overrides[module];
  return level === undefined ? [] : [change(`overrides.${module}`, was ? level : null, was ? null : level)];
});
const erased: Partial<Profile> = { displayName: ERASED_NAME };

export const userEvents: EventDefinitions<UserEvent> = {
  OwnerRegistered: {
    action: 'user.owner-registered', user: 'userId', sealed: { email: '', displayName: ERASED_NAME, passwordHash: '' },
    changes: (d) => [status(null, 'active'), change('email', null, d.email), change('displayName', null, d.displayName), change('role', null, d.role), change('locale', null, d.locale)],
  },
  UserInvited: {
    action: 'user.invited', user: 'userId', sealed: { email: '', displayName: ERASED_NAME },
    changes: (d) => [status(null, 'invited'), change('email', null, d.email), ...(d.displayName === null ? [] : [change('displayName', null, d.displayName)]), change('role', null, d.role), change('locale', null, d.locale), ...overridesOf(d.overrides, false)],
  },
  InvitationResent: { action: 'user.invitation-resent', user: 'userId', sealed: {}, changes: (d) => [change('invitation.expiresAt', d.previousExpiresAt ?? null, d.expiresAt)] },
  InvitationWithdrawn: { action: 'user.invitation-withdrawn', user: 'userId', sealed: {}, changes: () => [status('invited', 'invitation-withdrawn')] },
  InvitationAbandoned: { action: 'user.invitation-abandoned', user: 'userId', sealed: {}, changes: () => [] },
  InvitationAccepted: {
    action: 'user.invitation-accepted', user: 'userId', sealed: { displayName: ERASED_NAME, phone: null, passwordHash: '', previousName: null },
    changes: (d) => [status('invited', 'active'), ...(d.previousName === d.displayName ? [] : [change('displayName', d.previousName, d.displayName)]), ...(d.phone === null ? [] : [change('phone', null, d.phone)])],
  },
  ProfileEdited: {
    action: 'user.profile-edited', user: 'userId', sealed: { from: erased, to: erased },
    changes: (d) => (Object.keys(d.to) as (keyof Profile)[]).map((field) => change(field, d.from[field] ?? null, d.to[field] ?? null)),
  },
  AvatarChanged: { action: 'user.avatar-changed', user: 'userId', sealed: {}, changes: (d) => [change('avatar', d.from, d.to)] },
  RoleChanged: {
    action: 'user.role-changed', user: 'userId', sealed: { reason: null },
    changes: (d) => [change('role', d.from, d.to), ...overridesOf(d.removedOverrides, true)],
  },
  PermissionOverridden: { action: 'user.permission-overridden', user: 'userId', sealed: { reason: null }, changes: (d) => [change(`permissions.${d.module}`, d.from, d.to)] },
  PermissionOverrideRemoved: { action: 'user.permission-override-removed', user: 'userId', sealed: { reason: null }, changes: (d) => [change(`permissions.${d.module}`, d.from, d.to)] },
  UserDeactivated: { action: 'user.deactivated', user: 'userId', sealed: { reason: null }, changes: () => [status('active', 'deactivated')] },
  UserReactivated: { action: 'user.reactivated', user: 'userId', sealed: { reason: null }, changes: () => [status('deactivated', 'active')] },
  UserErased: { action: 'user.erased', user: 'userId', sealed: {}, changes: (d) => [status(d.previousStatus ?? null, 'erased')] },
  SuperAdminConfirmed: { action: 'user.super-admin-confirmed', user: 'userId', sealed: {}, changes: () => [] },
  PasswordChanged: { action: 'user.password-changed', user: 'userId', sealed: { passwordHash: '' }, changes: () => [] },
  PasswordResetRequested: { action: 'user.password-reset-requested', user: 'userId', sealed: {}, changes: () => [] },
  PasswordReset: { action: 'user.password-reset', user: 'userId', sealed: { passwordHash: '' }, changes: () => [] },
  SessionsRevoked: { action: 'user.sessions-revoked', user: 'userId', sealed: {}, changes: () => [] },
};
