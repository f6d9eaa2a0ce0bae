import { DomainError } from '@rolebook/kernel';

/** What this feature refuses, each with its stable code (api.md). */
export const twoFactorRefusals = {
  invalidCode: () => new DomainError('invalid-code', 'The code is wrong, used, or too old.'),
  notEnrolled: () => new DomainError('not-enrolled', 'Two-factor authentication is not set up.'),
  alreadyEnrolled: () => new DomainError('already-enrolled', 'Two-factor authentication is set up already.'),
  required: () => new DomainError('two-factor-required', 'The business requires two-factor authentication of you; it cannot be switched off.'),
  notFound: () => new DomainError('not-found', 'There is no such user.'),
} as const;
