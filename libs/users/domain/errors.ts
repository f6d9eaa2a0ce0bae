import { DomainError } from '@rolebook/kernel';

/** What this feature refuses, each with its stable code (api.md). */
export const refusals = {
  notFound: () => new DomainError('not-found', 'There is no such user.'),
  emailTaken: () => new DomainError('email-taken', 'Somebody in this business has this e-mail address already.'),
  notInvited: () => new DomainError('not-invited', 'The user has no open invitation.'),
  invalidToken: () => new DomainError('invalid-token', 'The link is not valid, or not any more.'),
  invalidResetToken: () => new DomainError('invalid-reset-token', 'The link is not valid, or not any more.'),
  invitationExpired: () => new DomainError('invitation-expired', 'The invitation has expired; ask for a new one.'),
  lastSuperAdmin: () => new DomainError('last-super-admin', 'A business needs at least one active Super Admin.'),
  notActive: () => new DomainError('not-active', 'The user is not active.'),
  notDeactivated: () => new DomainError('not-deactivated', 'The user is not deactivated.'),
  superAdminNotOverridden: () => new DomainError('super-admin-not-overridden', 'A Super Admin holds every level; overrides are not possible.'),
  emailMismatch: () => new DomainError('email-mismatch', 'The typed e-mail address is not the one of this user.'),
  invalidCredentials: () => new DomainError('invalid-credentials', 'The e-mail address or the password is wrong.'),
} as const;
