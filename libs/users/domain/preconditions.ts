import { requireAuthorityOver, type Person } from '@rolebook/access';
import { refusals } from './errors';
import type { UserState } from './state';

/** To everybody else an id that never was and an invitation that never came to be are the same. */
export function requireExists(user: UserState): void {
  if (user.status === 'none' || user.status === 'abandoned') throw refusals.notFound();
}

/** For what people do with their own account, and administrators with others' (product.md, section 3). */
export function requireSelfOrAuthority(by: Person, user: UserState): void {
  requireExists(user);
  if (by.id !== user.id) requireAuthorityOver(by, user);
}
