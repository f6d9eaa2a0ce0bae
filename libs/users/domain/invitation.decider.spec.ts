import { given } from '@rolebook/kernel/spec-helpers';
import { userDecider } from './decider';
import type { UserEvent } from './events';
import { abandoned, accept, accepted, admin, auditor, BEFORE, crew, EXPIRY, histories, invite, invited, keyKeeper, LATER_EXPIRY, superAdmin, USER, withdrawn } from './spec-helpers';

const user = (...history: UserEvent[]) => given(userDecider, ...history);
const resent = { type: 'InvitationResent', data: { userId: USER, generation: 2, expiresAt: LATER_EXPIRY, previousExpiresAt: EXPIRY } } as const;

describe('inviting somebody', () => {
  it('makes a user with a role, and a first link', () => {
    user().when(invite({ by: admin, displayName: 'Anna', locale: 'th' })).then([invited({ displayName: 'Anna', locale: 'th' })]);
  });

  it('takes overrides along, and drops those that say what the role says', () => {
    user().when(invite({ role: 'crew', overrides: { quotes: 'write', jobs: 'write', invoices: 'none' } })).then([invited({ role: 'crew', overrides: { quotes: 'write' } })]);
  });

  it('may make another Super Admin, by a Super Admin', () => {
    user().when(invite({ role: 'super-admin' })).then([invited({ role: 'super-admin' })]);
  });

  it('drops overrides of a Super Admin that change nothing', () => {
    user().when(invite({ role: 'super-admin', overrides: { jobs: 'manage' } })).then([invited({ role: 'super-admin' })]);
  });

  describe('is refused', () => {
    it('to somebody who sees and may not change', () => {
      user().when(invite({ by: auditor })).thenRefused('forbidden');
      user().when(invite({ by: crew })).thenRefused('forbidden');
    });

    it('where an Admin would make a second Admin, or a master above', () => {
      user().when(invite({ by: admin, role: 'admin' })).thenRefused('forbidden');
      user().when(invite({ by: admin, role: 'super-admin' })).thenRefused('forbidden');
    });

    it('where an Admin would do role management by way of an invitation', () => {
      user().when(invite({ by: admin, overrides: { settings: 'write' } })).thenRefused('forbidden');
    });

    it('where an Admin sends overrides at all, even ones without effect', () => {
      user().when(invite({ by: admin, role: 'crew', overrides: { jobs: 'write' } })).thenRefused('forbidden');
    });

    it('where levels would be handed out that the giver does not hold', () => {
      user().when(invite({ by: keyKeeper, role: 'sales' })).thenRefused('forbidden');
      user().when(invite({ by: keyKeeper, role: 'crew', overrides: { invoices: 'read' } })).thenRefused('forbidden');
      user().when(invite({ by: { id: 'ned', role: 'admin', overrides: { invoices: 'none' } }, role: 'billing' })).thenRefused('forbidden');
    });

    it('where a Super Admin would be overridden from the start', () => {
      user().when(invite({ role: 'super-admin', overrides: { jobs: 'none' } })).thenRefused('super-admin-not-overridden');
    });

    it.each(['abandoned', 'invited', 'withdrawn', 'active', 'deactivated', 'erased'] as const)('under an id that has been used: %s', (status) => {
      user(...histories[status]).when(invite()).thenRefused('email-taken');
    });
  });
});

describe('sending an invitation again', () => {
  it('starts the next generation, with its own expiry', () => {
    user(invited()).when({ type: 'ResendInvitation', by: admin, expiresAt: LATER_EXPIRY }).then([resent]);
  });

  it('can be repeated: every link is a new generation', () => {
    user(invited(), resent).when({ type: 'ResendInvitation', by: admin, expiresAt: LATER_EXPIRY })
      .then([{ type: 'InvitationResent', data: { userId: USER, generation: 3, expiresAt: LATER_EXPIRY, previousExpiresAt: LATER_EXPIRY } }]);
  });

  it.each(['withdrawn', 'active', 'deactivated', 'erased'] as const)('is refused without an open invitation: %s', (status) => {
    user(...histories[status]).when({ type: 'ResendInvitation', by: superAdmin, expiresAt: LATER_EXPIRY }).thenRefused('not-invited');
  });

  it.each(['none', 'abandoned'] as const)('is refused where there is no such user: %s', (status) => {
    user(...histories[status]).when({ type: 'ResendInvitation', by: superAdmin, expiresAt: LATER_EXPIRY }).thenRefused('not-found');
  });

  it('is refused without authority over the invited', () => {
    user(invited()).when({ type: 'ResendInvitation', by: auditor, expiresAt: LATER_EXPIRY }).thenRefused('forbidden');
    user(invited({ role: 'admin' })).when({ type: 'ResendInvitation', by: admin, expiresAt: LATER_EXPIRY }).thenRefused('forbidden');
  });
});

describe('withdrawing an invitation', () => {
  it('ends it', () => {
    user(invited()).when({ type: 'WithdrawInvitation', by: admin }).then([withdrawn]);
  });

  it('is refused twice, so that nobody believes to have stopped an active user', () => {
    user(invited(), withdrawn).when({ type: 'WithdrawInvitation', by: admin }).thenRefused('not-invited');
    user(invited(), accepted()).when({ type: 'WithdrawInvitation', by: admin }).thenRefused('not-invited');
  });

  it('is refused without authority over the invited', () => {
    user(invited()).when({ type: 'WithdrawInvitation', by: crew }).thenRefused('forbidden');
    user(invited({ role: 'super-admin' })).when({ type: 'WithdrawInvitation', by: admin }).thenRefused('forbidden');
  });

  it.each(['none', 'abandoned'] as const)('is refused where there is no such user: %s', (status) => {
    user(...histories[status]).when({ type: 'WithdrawInvitation', by: superAdmin }).thenRefused('not-found');
  });
});

describe('abandoning an invitation that died half-way', () => {
  it('fences the id off, so that its invitation cannot come after all', () => {
    user().when({ type: 'AbandonInvitation', userId: USER }).then([abandoned]);
    user(abandoned).when(invite()).thenRefused('email-taken');
    user(abandoned).when(accept()).thenRefused('invalid-token');
  });

  it.each(['abandoned', 'invited', 'withdrawn', 'active', 'deactivated', 'erased'] as const)('leaves a user alone who did come to be: %s', (status) => {
    user(...histories[status]).when({ type: 'AbandonInvitation', userId: USER }).thenNothing();
  });
});

describe('accepting an invitation', () => {
  it('sets name and password and makes the user active', () => {
    user(invited({ displayName: 'A.' })).when(accept({ displayName: 'Anna B.', phone: '+6681234567' }))
      .then([accepted({ displayName: 'Anna B.', phone: '+6681234567', previousName: 'A.' })]);
  });

  it('keeps a phone number that an administrator has entered, unless another is given', () => {
    const edited = { type: 'ProfileEdited', data: { userId: USER, from: { phone: null }, to: { phone: '+6681111111' } } } as const;

    user(invited(), edited).when(accept()).then([accepted({ phone: '+6681111111' })]);
    user(invited(), edited).when(accept({ phone: '+6682222222' })).then([accepted({ phone: '+6682222222' })]);
  });

  it('works until the last moment, and not from the moment of expiry on', () => {
    user(invited()).when(accept({ now: '2026-03-07T23:59:59.999Z' })).then([accepted()]);
    user(invited()).when(accept({ now: EXPIRY })).thenRefused('invitation-expired');
  });

  it('takes the newest link, with the newest expiry', () => {
    user(invited(), resent).when(accept({ generation: 2, now: EXPIRY })).then([accepted()]);
  });

  it.each([1, 3, 0])('is refused with another link than the newest: generation %i', (generation) => {
    user(invited(), resent).when(accept({ generation })).thenRefused('invalid-token');
  });

  it.each(['none', 'abandoned', 'withdrawn', 'active', 'deactivated', 'erased'] as const)('is refused without an open invitation, in the same words: %s', (status) => {
    user(...histories[status]).when(accept({ now: BEFORE })).thenRefused('invalid-token');
  });
});
