import type { Overrides, Person, Role } from '@rolebook/access';
import type { AcceptInvitation, Invite } from './commands';
import type { InvitationAccepted, OwnerRegistered, UserEvent, UserInvited } from './events';

/** People who give commands. */
export const superAdmin: Person = { id: 'sue', role: 'super-admin', overrides: {} };
export const admin: Person = { id: 'adam', role: 'admin', overrides: {} };
/** An external auditor: sees, and changes nothing. */
export const auditor: Person = { id: 'rita', role: 'crew', overrides: { settings: 'read' } };
export const crew: Person = { id: 'carl', role: 'crew', overrides: {} };
/** Role management without the rest: may manage Settings and nothing else. */
export const keyKeeper: Person = { id: 'kim', role: 'crew', overrides: { settings: 'manage' } };

/** The user whom the commands are about, as a person who acts for herself. */
export const USER = 'anna';
export const herself = (role: Role = 'sales', overrides: Overrides = {}): Person => ({ id: USER, role, overrides });

export const BEFORE = '2026-03-01T00:00:00.000Z';
export const EXPIRY = '2026-03-08T00:00:00.000Z';
export const LATER_EXPIRY = '2026-03-12T00:00:00.000Z';

export const invited = (over: Partial<UserInvited['data']> = {}): UserInvited => ({
  type: 'UserInvited',
  data: { userId: USER, email: 'anna@example.com', displayName: null, locale: 'en', role: 'sales', overrides: {}, generation: 1, expiresAt: EXPIRY, ...over },
});
export const accepted = (over: Partial<InvitationAccepted['data']> = {}): InvitationAccepted => ({
  type: 'InvitationAccepted',
  data: { userId: USER, displayName: 'Anna', phone: null, passwordHash: 'hash-1', previousName: null, ...over },
});
export const owner: OwnerRegistered = {
  type: 'OwnerRegistered',
  data: { userId: USER, email: 'anna@example.com', displayName: 'Anna', locale: 'en', role: 'super-admin', passwordHash: 'hash-1' },
};
export const withdrawn: UserEvent = { type: 'InvitationWithdrawn', data: { userId: USER } };
export const abandoned: UserEvent = { type: 'InvitationAbandoned', data: { userId: USER } };
export const deactivated: UserEvent = { type: 'UserDeactivated', data: { userId: USER, reason: null } };
export const reactivated: UserEvent = { type: 'UserReactivated', data: { userId: USER, reason: null } };
export const erased: UserEvent = { type: 'UserErased', data: { userId: USER, previousStatus: 'active' } };

/** Histories, by what has become of the user. */
export const active = (role: Role = 'sales', overrides: Overrides = {}): UserEvent[] => [invited({ role, overrides }), accepted()];
export const histories: Readonly<Record<'none' | 'abandoned' | 'invited' | 'withdrawn' | 'active' | 'deactivated' | 'erased', UserEvent[]>> = {
  none: [],
  abandoned: [abandoned],
  invited: [invited()],
  withdrawn: [invited(), withdrawn],
  active: active(),
  deactivated: [...active(), deactivated],
  erased: [...active(), erased],
};

export const invite = (over: Partial<Invite> = {}): Invite => ({
  type: 'Invite', by: superAdmin, userId: USER, email: 'anna@example.com', displayName: null, locale: 'en', role: 'sales', overrides: {}, expiresAt: EXPIRY, ...over,
});
export const accept = (over: Partial<AcceptInvitation> = {}): AcceptInvitation => ({
  type: 'AcceptInvitation', generation: 1, now: BEFORE, displayName: 'Anna', phone: null, passwordHash: 'hash-1', ...over,
});
