import { defaultPermissions, effectivePermissions, MODULES, settingsLevel, twoFactorRequired, type Level, type Module, type Overrides, type Permissions, type Role, type TwoFactorPolicy } from '@rolebook/access';
import { ERASED_NAME } from '@rolebook/kernel';
import type { UserDocument } from '../projections/user-directory';

export const USER_STATUSES = ['invited', 'invitation-expired', 'invitation-withdrawn', 'active', 'deactivated', 'erased'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

/** A user as the contract shows one (api.md). */
export interface UserView {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly role: Role;
  readonly status: UserStatus;
  readonly phone: string | null;
  readonly locale: string;
  readonly avatarUrl: string | null;
  readonly permissions: Permissions;
  readonly overrides: Overrides;
  readonly twoFactor: { readonly enabled: boolean; readonly required: boolean; readonly enabledAt: string | null };
  readonly invitation: { readonly sentAt: string; readonly expiresAt: string } | null;
  readonly createdAt: string;
  readonly lastSeenAt: string | null;
  readonly deactivatedAt: string | null;
  readonly revision: number;
}

/** What a user's view hangs on besides the user. `now`: milliseconds since the epoch. */
export interface ViewedAt {
  readonly now: number;
  readonly policy: TwoFactorPolicy;
}

export function userView(user: UserDocument, { now, policy }: ViewedAt): UserView {
  return {
    id: user.id, email: user.email, displayName: user.displayName, role: user.role, status: statusAt(user, now),
    phone: user.phone, locale: user.locale, avatarUrl: user.avatar === null ? null : `/v1/users/${user.id}/avatar?v=${user.avatar}`,
    permissions: effectivePermissions(user.role, user.overrides), overrides: user.overrides,
    twoFactor: { enabled: user.hasTwoFactor, required: twoFactorRequired(policy, settingsLevel(user)), enabledAt: user.twoFactorEnabledAt },
    invitation: user.invitation, createdAt: user.createdAt, lastSeenAt: user.lastSeenAt, deactivatedAt: user.deactivatedAt, revision: user.revision,
  };
}

/** An invitation expires by itself: no event says so, the clock does. */
export function statusAt(user: UserDocument, now: number): UserStatus {
  return user.status === 'invited' && user.invitation !== null && Date.parse(user.invitation.expiresAt) <= now ? 'invitation-expired' : user.status;
}

/** Why one permission is what it is. */
export interface PermissionExplanation {
  readonly level: Level;
  readonly default: Level;
  readonly override: Level | null;
  readonly source: 'role' | 'override';
  readonly since: string;
  readonly by: { readonly id: string; readonly displayName: string | null } | null;
  readonly eventId: string;
}

/** Who is meant by an id, for people: the name as it is now. */
export type NameOf = (userId: string) => string | null;

export function explainPermissions(user: UserDocument, nameOf: NameOf): { readonly modules: Readonly<Record<Module, PermissionExplanation>> } {
  const defaults = defaultPermissions(user.role);
  const modules = {} as Record<Module, PermissionExplanation>;
  for (const module of MODULES) {
    const override = user.overrides[module] ?? null;
    const { since, by, eventId } = user.overrideOrigins[module] ?? user.roleOrigin;
    modules[module] = {
      level: override ?? defaults[module], default: defaults[module], override, source: override === null ? 'role' : 'override',
      since, by: by === null ? null : { id: by, displayName: nameOf(by) }, eventId,
    };
  }
  return { modules };
}

/** Ids of everybody who had a hand in a user's permissions. */
export function explainers(user: UserDocument): string[] {
  return [user.roleOrigin, ...Object.values(user.overrideOrigins)].flatMap(({ by }) => (by === null ? [] : [by]));
}

export function nameOfDocument(user: Pick<UserDocument, 'status' | 'displayName' | 'email'>): string {
  return user.status === 'erased' ? ERASED_NAME : user.displayName ?? user.email;
}
