import { userEvents, type UserEvent } from './events';
import { EXPIRY, invited, LATER_EXPIRY, USER } from './spec-helpers';

const changes = ({ type, data }: UserEvent) => userEvents[type].changes(data as never);

describe('what the audit log says has changed', () => {
  it('an invitation: all that it gives, and no name where it has none', () => {
    expect(changes(invited({ role: 'crew', overrides: { quotes: 'write' } }))).toEqual([
      { field: 'status', from: null, to: 'invited' }, { field: 'email', from: null, to: 'anna@example.com' }, { field: 'role', from: null, to: 'crew' },
      { field: 'locale', from: null, to: 'en' }, { field: 'overrides.quotes', from: null, to: 'write' },
    ]);
    expect(changes(invited({ displayName: 'Anna' }))).toContainEqual({ field: 'displayName', from: null, to: 'Anna' });
  });

  it('an invitation sent again: until when the link was good, and until when it is now', () => {
    expect(changes({ type: 'InvitationResent', data: { userId: USER, generation: 2, expiresAt: LATER_EXPIRY, previousExpiresAt: EXPIRY } })).toEqual([{ field: 'invitation.expiresAt', from: EXPIRY, to: LATER_EXPIRY }]);
  });

  it('an erasure: what the person was before', () => {
    expect(changes({ type: 'UserErased', data: { userId: USER, previousStatus: 'deactivated' } })).toEqual([{ field: 'status', from: 'deactivated', to: 'erased' }]);
  });

  it('what was written before those fields were known is read as it was', () => {
    expect(changes({ type: 'InvitationResent', data: { userId: USER, generation: 2, expiresAt: LATER_EXPIRY } })).toEqual([{ field: 'invitation.expiresAt', from: null, to: LATER_EXPIRY }]);
    expect(changes({ type: 'UserErased', data: { userId: USER } })).toEqual([{ field: 'status', from: null, to: 'erased' }]);
  });
});
