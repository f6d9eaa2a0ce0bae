import type { ChangeAvatar, EditProfile } from './commands';
import { refusals } from './errors';
import type { UserEvent } from './events';
import { requireSelfOrAuthority } from './preconditions';
import type { UserState } from './state';

/** product.md, section 4: people edit their own profile, administrators those of others. */
export function editProfile(command: EditProfile, user: UserState): readonly UserEvent[] {
  requireSelfOrAuthority(command.by, user);
  requireNotErased(user);
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

export function changeAvatar({ by, avatar }: ChangeAvatar, user: UserState): readonly UserEvent[] {
  requireSelfOrAuthority(by, user);
  requireNotErased(user);
  return avatar === user.avatar ? [] : [{ type: 'AvatarChanged', data: { userId: user.id, from: user.avatar, to: avatar } }];
}

/** Nothing personal is written about an erased person again: there is no key left to seal it with. */
function requireNotErased(user: UserState): void {
  if (user.status === 'erased') throw refusals.notActive();
}
