import { MODULES, type Module, type Overrides, type Role } from '@rolebook/access';
import { ERASED_NAME, type Projection, type Recorded } from '@rolebook/kernel';
import type { TwoFactorEvent } from '@rolebook/two-factor/events';
import type { SessionEvent } from '@rolebook/sessions/events';
import type { Locale, UserEvent } from '../domain/events';
import { searchWords } from '../domain/values/search-words';

/** Since when, by whom and through which event something is as it is. */
export interface Origin {
  readonly since: string;
  /** `null` where the system did it. */
  readonly by: string | null;
  readonly eventId: string;
}

/** A user, as lists and pages show one. */
export interface UserDocument {
  readonly id: string;
  readonly businessId: string;
  readonly status: 'invited' | 'invitation-withdrawn' | 'active' | 'deactivated' | 'erased';
  /** In the default list: invited and active. */
  readonly listed: boolean;
  readonly email: string;
  readonly displayName: string | null;
  /** What lists sort by: the name, or the address of somebody who has none yet; case folded. */
  readonly sortName: string;
  readonly words: readonly string[];
  readonly phone: string | null;
  readonly locale: Locale;
  readonly avatar: string | null;
  readonly role: Role;
  readonly overrides: Overrides;
  readonly roleOrigin: Origin;
  /** By module: of its override, or of the removal that brought the role's level back. None: as the role has it. */
  readonly overrideOrigins: Readonly<Partial<Record<Module, Origin>>>;
  readonly hasTwoFactor: boolean;
  readonly twoFactorEnabledAt: string | null;
  readonly invitation: { readonly sentAt: string; readonly expiresAt: string } | null;
  readonly createdAt: string;
  readonly lastSeenAt: string | null;
  readonly deactivatedAt: string | null;
  readonly revision: number;
}

export type UserDirectoryEvent = UserEvent | TwoFactorEvent | SessionEvent;

/** Every user of every business, as they are now. */
export const userDirectory: Projection<UserDocument, UserDirectoryEvent> = {
  collection: {
    name: 'user-directory-1',
    indexes: ['sortName', 'createdAt', 'lastSeenAt'].flatMap((sort) => [
      ['businessId', 'listed', sort],
      ['businessId', 'status', 'role', 'hasTwoFactor', sort],
    ]),
    words: { field: 'words', within: ['businessId'] },
  },
  handles: [
    'OwnerRegistered', 'UserInvited', 'InvitationResent', 'InvitationWithdrawn', 'InvitationAccepted', 'ProfileEdited', 'AvatarChanged', 'RoleChanged',
    'PermissionOverridden', 'PermissionOverrideRemoved', 'UserDeactivated', 'UserReactivated', 'UserErased', 'SuperAdminConfirmed', 'PasswordChanged', 'PasswordResetRequested',
    'PasswordReset', 'SessionsRevoked', 'TwoFactorEnabled', 'TwoFactorDisabled', 'TwoFactorReset', 'SessionStarted',
  ],
  keys: ({ event }) => [event.data.userId],
  evolve: (document, recorded) => {
    const before = document ?? blank(recorded);
    const after = evolveUser(before, recorded);
    const revision = recorded.stream.startsWith('user-') ? recorded.revision : before.revision;
    return found(document, revision === after.revision ? after : { ...after, revision });
  },
};

function evolveUser(user: UserDocument, recorded: Recorded<UserDirectoryEvent>): UserDocument {
  const { type, data } = recorded.event;
  const at = recorded.recordedAt;
  switch (type) {
    case 'OwnerRegistered': return { ...user, status: 'active', email: data.email, displayName: data.displayName, locale: data.locale, role: data.role, roleOrigin: originOf(recorded) };
    case 'UserInvited': {
      const origin = originOf(recorded);
      return {
        ...user, status: 'invited', email: data.email, displayName: data.displayName, locale: data.locale, role: data.role, overrides: data.overrides, roleOrigin: origin,
        overrideOrigins: Object.fromEntries(Object.keys(data.overrides).map((module) => [module, origin])), invitation: { sentAt: at, expiresAt: data.expiresAt },
      };
    }
    case 'InvitationResent': return { ...user, invitation: { sentAt: at, expiresAt: data.expiresAt } };
    case 'InvitationWithdrawn': return { ...user, status: 'invitation-withdrawn', invitation: null };
    case 'InvitationAccepted': return { ...user, status: 'active', displayName: data.displayName, phone: data.phone, invitation: null };
    case 'ProfileEdited': return { ...user, ...data.to };
    case 'AvatarChanged': return { ...user, avatar: data.to };
    case 'RoleChanged': {
      const removed = (module: string) => module in data.removedOverrides;
      const overrides = pruned(user.overrides, removed);
      return { ...user, role: data.to, roleOrigin: originOf(recorded), overrides, overrideOrigins: pruned(user.overrideOrigins, (module) => !(module in overrides)) };
    }
    case 'PermissionOverridden':
      return { ...user, overrides: { ...user.overrides, [data.module]: data.to }, overrideOrigins: { ...user.overrideOrigins, [data.module]: originOf(recorded) } };
    case 'PermissionOverrideRemoved': {
      const removed = (module: string) => module === data.module;
      return { ...user, overrides: pruned(user.overrides, removed), overrideOrigins: { ...user.overrideOrigins, [data.module]: originOf(recorded) } };
    }
    case 'UserDeactivated': return { ...user, status: 'deactivated', deactivatedAt: at };
    case 'UserReactivated': return { ...user, status: 'active', deactivatedAt: null };
    case 'UserErased':
      return { ...user, status: 'erased', email: '', displayName: ERASED_NAME, phone: null, avatar: null, invitation: null, lastSeenAt: null, hasTwoFactor: false, twoFactorEnabledAt: null };
    case 'TwoFactorEnabled': return { ...user, hasTwoFactor: true, twoFactorEnabledAt: at };
    case 'TwoFactorDisabled':
    case 'TwoFactorReset': return { ...user, hasTwoFactor: false, twoFactorEnabledAt: null };
    case 'SessionStarted': return { ...user, lastSeenAt: at };
    default: return user;
  }
}

function pruned<T>(of: Readonly<Partial<Record<Module, T>>>, removed: (module: string) => boolean): Partial<Record<Module, T>> {
  const left: Partial<Record<Module, T>> = {};
  for (const module of MODULES) {
    const value = of[module];
    if (value !== undefined && !removed(module)) left[module] = value;
  }
  return left;
}

function originOf({ id, recordedAt, metadata: { actor } }: Recorded): Origin {
  return { since: recordedAt, by: actor.type === 'user' ? actor.id : null, eventId: id };
}

/** With what lists and searches find the user by, which is made anew only where it may have changed: it costs more than all else. */
function found(before: UserDocument | null, user: UserDocument): UserDocument {
  const { displayName, email } = user;
  if (before && before.displayName === displayName && before.email === email && before.status === user.status) return user;
  return {
    ...user,
    listed: user.status === 'invited' || user.status === 'active',
    sortName: (displayName ?? email).normalize('NFKC').toLowerCase(),
    words: user.status === 'erased' ? [] : searchWords(displayName ?? '', email),
  };
}

function blank(recorded: Recorded<UserDirectoryEvent>): UserDocument {
  return {
    id: recorded.event.data.userId, businessId: recorded.metadata.businessId, status: 'invited', listed: true, email: '', displayName: null, sortName: '', words: [],
    phone: null, locale: 'en', avatar: null, role: 'crew', overrides: {}, roleOrigin: { since: recorded.recordedAt, by: null, eventId: recorded.id }, overrideOrigins: {},
    hasTwoFactor: false, twoFactorEnabledAt: null, invitation: null, createdAt: recorded.recordedAt, lastSeenAt: null, deactivatedAt: null, revision: recorded.revision,
  };
}

