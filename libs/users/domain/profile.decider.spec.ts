import { given } from '@rolebook/kernel/spec-helpers';
import { userDecider } from './decider';
import type { UserEvent } from './events';
import { active, admin, auditor, crew, herself, histories, superAdmin, USER } from './spec-helpers';

const user = (...history: UserEvent[]) => given(userDecider, ...history);
const edited = (from: object, to: object): UserEvent => ({ type: 'ProfileEdited', data: { userId: USER, from, to } });

describe('editing a profile', () => {
  it('tells the old values and the new, of the fields that change alone', () => {
    user(...active()).when({ type: 'EditProfile', by: herself(), displayName: 'Anna B.', phone: '+6681234567', locale: 'en' })
      .then([edited({ displayName: 'Anna', phone: null }, { displayName: 'Anna B.', phone: '+6681234567' })]);
  });

  it('can take a phone number away', () => {
    user(...active(), edited({ phone: null }, { phone: '+6681234567' })).when({ type: 'EditProfile', by: herself(), phone: null })
      .then([edited({ phone: '+6681234567' }, { phone: null })]);
  });

  it('is nothing where nothing changes', () => {
    user(...active()).when({ type: 'EditProfile', by: herself(), displayName: 'Anna', phone: null, locale: 'en' }).thenNothing();
    user(...active()).when({ type: 'EditProfile', by: herself() }).thenNothing();
  });

  it('is for everybody on themselves, whatever their level', () => {
    user(...active('crew')).when({ type: 'EditProfile', by: herself('crew'), locale: 'th' }).then([edited({ locale: 'en' }, { locale: 'th' })]);
    user(...active('admin')).when({ type: 'EditProfile', by: herself('admin'), locale: 'th' }).then([edited({ locale: 'en' }, { locale: 'th' })]);
  });

  it.each(['invited', 'active', 'deactivated'] as const)('is for administrators on others: %s', (status) => {
    user(...histories[status]).when({ type: 'EditProfile', by: admin, locale: 'th' }).then([edited({ locale: 'en' }, { locale: 'th' })]);
  });

  it('is refused to those who may only look, and to colleagues', () => {
    user(...active()).when({ type: 'EditProfile', by: auditor, locale: 'th' }).thenRefused('forbidden');
    user(...active()).when({ type: 'EditProfile', by: crew, locale: 'th' }).thenRefused('forbidden');
  });

  it('is refused to an Admin on another Admin, and on somebody raised to that level', () => {
    user(...active('admin')).when({ type: 'EditProfile', by: admin, locale: 'th' }).thenRefused('forbidden');
    user(...active('crew', { settings: 'write' })).when({ type: 'EditProfile', by: admin, locale: 'th' }).thenRefused('forbidden');
  });

  it('is refused once the person is erased: there is no key to seal it with', () => {
    user(...histories.erased).when({ type: 'EditProfile', by: superAdmin, displayName: 'Anna' }).thenRefused('not-active');
  });

  it.each(['none', 'abandoned'] as const)('is refused where there is no such user: %s', (status) => {
    user(...histories[status]).when({ type: 'EditProfile', by: superAdmin, locale: 'th' }).thenRefused('not-found');
  });
});

describe('changing the picture', () => {
  const changed = (from: string | null, to: string | null): UserEvent => ({ type: 'AvatarChanged', data: { userId: USER, from, to } });

  it('points from the old one to the new', () => {
    user(...active()).when({ type: 'ChangeAvatar', by: herself(), avatar: 'b' }).then([changed(null, 'b')]);
    user(...active(), changed(null, 'a')).when({ type: 'ChangeAvatar', by: admin, avatar: 'b' }).then([changed('a', 'b')]);
    user(...active(), changed(null, 'a')).when({ type: 'ChangeAvatar', by: herself(), avatar: null }).then([changed('a', null)]);
  });

  it('is nothing where it is the same picture', () => {
    user(...active(), changed(null, 'a')).when({ type: 'ChangeAvatar', by: herself(), avatar: 'a' }).thenNothing();
    user(...active()).when({ type: 'ChangeAvatar', by: herself(), avatar: null }).thenNothing();
  });

  it('is refused like any edit of a profile', () => {
    user(...active()).when({ type: 'ChangeAvatar', by: crew, avatar: 'b' }).thenRefused('forbidden');
    user(...active('admin')).when({ type: 'ChangeAvatar', by: admin, avatar: 'b' }).thenRefused('forbidden');
    user(...histories.erased).when({ type: 'ChangeAvatar', by: superAdmin, avatar: 'b' }).thenRefused('not-active');
    user(...histories.none).when({ type: 'ChangeAvatar', by: superAdmin, avatar: 'b' }).thenRefused('not-found');
  });
});
