import type { Module, Level, Overrides, Person, Role } from '@rolebook/access';
import type { Locale, SessionsRevoked } from './events';

/** Every command of an administrator carries who gives it, folded from their stream at that moment. */
interface ByAdministrator { readonly by: Person }
interface WithReason { readonly reason: string | null }

export type RegisterOwner = { readonly type: 'RegisterOwner'; readonly userId: string; readonly email: string; readonly displayName: string; readonly locale: Locale; readonly passwordHash: string };
export type Invite = ByAdministrator & {
  readonly type: 'Invite'; readonly userId: string; readonly email: string; readonly displayName: string | null; readonly locale: Locale;
  readonly role: Role; readonly overrides: Overrides; readonly expiresAt: string;
};
export type ResendInvitation = ByAdministrator & { readonly type: 'ResendInvitation'; readonly expiresAt: string };
export type WithdrawInvitation = ByAdministrator & { readonly type: 'WithdrawInvitation' };
/** By the system: fences off an invitation that never came to be. */
export type AbandonInvitation = { readonly type: 'AbandonInvitation'; readonly userId: string };
/** By the bearer of the link. `now` is an RFC 3339 moment. */
export type AcceptInvitation = {
  readonly type: 'AcceptInvitation'; readonly generation: number; readonly now: string;
  readonly displayName: string; readonly phone: string | null; readonly passwordHash: string;
};
export type EditProfile = ByAdministrator & { readonly type: 'EditProfile'; readonly displayName?: string; readonly phone?: string | null; readonly locale?: Locale };
export type ChangeAvatar = ByAdministrator & { readonly type: 'ChangeAvatar'; readonly avatar: string | null };
export type ChangeRole = ByAdministrator & WithReason & { readonly type: 'ChangeRole'; readonly role: Role; readonly keepOverrides: boolean };
/** `null` takes the override away. */
export type ChangeOverrides = ByAdministrator & WithReason & { readonly type: 'ChangeOverrides'; readonly overrides: Readonly<Partial<Record<Module, Level | null>>> };
export type Deactivate = ByAdministrator & WithReason & { readonly type: 'Deactivate' };
export type Reactivate = ByAdministrator & WithReason & { readonly type: 'Reactivate' };
/** `emailMatches`: whether the address typed again is the person's. */
export type Erase = ByAdministrator & { readonly type: 'Erase'; readonly emailMatches: boolean };
/** By the system: calls off whatever was about to take this person out of the Super Admins and has died half-way. */
export type ConfirmSuperAdmin = { readonly type: 'ConfirmSuperAdmin' };
/** `current`: the hash that the current password was verified against. */
export type ChangePassword = { readonly type: 'ChangePassword'; readonly current: string; readonly passwordHash: string; readonly keptSessionId: string | null };
export type RequestPasswordReset = { readonly type: 'RequestPasswordReset'; readonly expiresAt: string };
export type ResetPassword = { readonly type: 'ResetPassword'; readonly generation: number; readonly now: string; readonly passwordHash: string };
export type RevokeSessions = ByAdministrator & { readonly type: 'RevokeSessions'; readonly keptSessionId: string | null; readonly reason: SessionsRevoked['data']['reason'] };

export type UserCommand =
  | RegisterOwner | Invite | ResendInvitation | WithdrawInvitation | AbandonInvitation | AcceptInvitation | EditProfile | ChangeAvatar
  | ChangeRole | ChangeOverrides | Deactivate | Reactivate | Erase | ConfirmSuperAdmin | ChangePassword | RequestPasswordReset | ResetPassword | RevokeSessions;
