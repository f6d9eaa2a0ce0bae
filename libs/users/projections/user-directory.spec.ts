import fc from 'fast-check';
import { effectivePermissions, type Module } from '@rolebook/access';
import { anyModule, anyRole } from '@rolebook/access/spec-helpers';
import { fold, type Actor, type Recorded } from '@rolebook/kernel';
import { accepted, active, deactivated, erased, invited, owner, reactivated, USER, withdrawn } from '../domain/spec-helpers';
import type { UserEvent } from '../domain/events';
import { permissionsOf, userStream } from '../domain/state';
import { userDirectory, type Origin, type UserDirectoryEvent, type UserDocument } from './user-directory';

const minute = (n: number) => new Date(Date.UTC(2026, 2, 1, 9, n)).toISOString();
const eventId = (n: number) => `event-${n}`;

/** Events as the log gives them: one a minute, by Sue unless said otherwise; each kind in its own stream. */
function recorded(events: readonly UserDirectoryEvent[], actor: Actor = { type: 'user', id: 'sue' }): Recorded<UserDirectoryEvent>[] {
  const revisions = new Map<string, number>();
  return events.map((event, n) => {
    const stream = event.type.startsWith('TwoFactor') ? `two-factor-b1-${USER}` : event.type.startsWith('Session') && event.type !== 'SessionsRevoked' ? 'session-b1-s1' : `user-b1-${USER}`;
    const revision = (revisions.get(stream) ?? -1) + 1;
    revisions.set(stream, revision);
    return {
      id: eventId(n), event, stream, revision, position: n + 1, recordedAt: minute(n),
      metadata: { businessId: 'b1', actor, commandId: `c${n}`, requestId: null, sessionId: null, ip: null, device: null },
    };
  });
}

function project(history: readonly Recorded<UserDirectoryEvent>[]): UserDocument | null {
  let document: UserDocument | null = null;
  for (const one of history) {
    expect(userDirectory.handles).toContain(one.event.type);
    for (const id of userDirectory.keys(one)) document = userDirectory.evolve(document, one, id);
  }
  return document;
}
const after = (...events: UserDirectoryEvent[]) => project(recorded(events));

const origin = (n: number, by: string | null = 'sue'): Origin => ({ since: minute(n), by, eventId: eventId(n) });

const anInvited: UserDocument = {
  id: USER, businessId: 'b1', status: 'invited', listed: true, email: 'anna@example.com', displayName: null, sortName: 'anna@example.com',
  words: ['anna', 'example', 'com', 'anna@example.com'], phone: null, locale: 'en', avatar: null, role: 'sales', overrides: {}, roleOrigin: origin(0), overrideOrigins: {},
  hasTwoFactor: false, twoFactorEnabledAt: null, invitation: { sentAt: minute(0), expiresAt: '2026-03-08T00:00:00.000Z' }, createdAt: minute(0), lastSeenAt: null, deactivatedAt: null, revision: 0,
};
const anActive: UserDocument = { ...anInvited, status: 'active', displayName: 'Anna', sortName: 'anna', invitation: null, revision: 1 };
const of = { userId: USER };
const roleChanged = (removedOverrides = {}): UserEvent => ({ type: 'RoleChanged', data: { ...of, from: 'crew', to: 'billing', removedOverrides, reason: null } });

describe('a user in the directory', () => {
  it.each<[string, readonly UserDirectoryEvent[], UserDocument]>([
    ['is invited', [invited()], anInvited],
    ['is invited with overrides, each with where it comes from', [invited({ role: 'crew', overrides: { quotes: 'write', jobs: 'none' } })],
      { ...anInvited, role: 'crew', overrides: { quotes: 'write', jobs: 'none' }, overrideOrigins: { quotes: origin(0), jobs: origin(0) } }],
    ['is sorted and found by the name as soon as there is one', [invited({ displayName: 'Ängström, Anna' })],
      { ...anInvited, displayName: 'Ängström, Anna', sortName: 'ängström, anna', words: ['angstrom', 'anna', 'example', 'com', 'anna@example.com'] }],
    ['has a new invitation', [invited(), { type: 'InvitationResent', data: { ...of, generation: 2, expiresAt: '2026-03-12T00:00:00.000Z' } }],
      { ...anInvited, invitation: { sentAt: minute(1), expiresAt: '2026-03-12T00:00:00.000Z' }, revision: 1 }],
    ['has none any more, and is no longer listed', [invited(), withdrawn], { ...anInvited, status: 'invitation-withdrawn', listed: false, invitation: null, revision: 1 }],
    ['is active', [invited(), accepted()], anActive],
    ['is the owner from the start', [owner], { ...anActive, role: 'super-admin', revision: 0 }],
    ['has an edited profile', [...active(), { type: 'ProfileEdited', data: { ...of, from: { displayName: 'Anna', phone: null }, to: { displayName: 'Bea', phone: '+6681234567' } } }],
      { ...anActive, displayName: 'Bea', sortName: 'bea', words: ['bea', 'anna', 'example', 'com', 'anna@example.com'], phone: '+6681234567', revision: 2 }],
    ['has a picture', [...active(), { type: 'AvatarChanged', data: { ...of, from: null, to: 'a' } }], { ...anActive, avatar: 'a', revision: 2 }],
    ['has another role, and no longer the overrides that went with the old one', [...active('crew', { quotes: 'write', jobs: 'none' }), roleChanged({ quotes: 'write' })],
      { ...anActive, role: 'billing', overrides: { jobs: 'none' }, roleOrigin: origin(2), overrideOrigins: { jobs: origin(0) }, revision: 2 }],
    ['has an override', [...active(), { type: 'PermissionOverridden', data: { ...of, module: 'jobs', from: 'read', to: 'write', reason: null } }],
      { ...anActive, overrides: { jobs: 'write' }, overrideOrigins: { jobs: origin(2) }, revision: 2 }],
    ['has the role\'s level again, and from whom and when is kept', [...active('sales', { jobs: 'write', quotes: 'none' }), { type: 'PermissionOverrideRemoved', data: { ...of, module: 'jobs', from: 'write', to: 'read', reason: null } }],
      { ...anActive, overrides: { quotes: 'none' }, overrideOrigins: { jobs: origin(2), quotes: origin(0) }, revision: 2 }],
    ['is deactivated and no longer listed', [...active(), deactivated], { ...anActive, status: 'deactivated', listed: false, deactivatedAt: minute(2), revision: 2 }],
    ['is back', [...active(), deactivated, reactivated], { ...anActive, revision: 3 }],
    ['has a second factor', [...active(), { type: 'TwoFactorEnabled', data: { ...of, step: 1, recoveryCodes: ['r'] } }], { ...anActive, hasTwoFactor: true, twoFactorEnabledAt: minute(2) }],
    ['has it no more: switched off', [...active(), { type: 'TwoFactorEnabled', data: { ...of, step: 1, recoveryCodes: ['r'] } }, { type: 'TwoFactorDisabled', data: { ...of, step: 2 } }], anActive],
    ['has it no more: reset', [...active(), { type: 'TwoFactorEnabled', data: { ...of, step: 1, recoveryCodes: ['r'] } },
      { type: 'TwoFactorReset', data: { ...of, channel: 'phone', spokeWith: 'Anna', verifiedAt: minute(0), note: null } }], anActive],
    ['was seen when they signed in', [...active(), { type: 'SessionStarted', data: { ...of, sessionId: 's1', epoch: 0, twoFactorEpoch: 0, expiresAt: minute(59), method: 'password', newDevice: false } }],
      { ...anActive, lastSeenAt: minute(2) }],
  ])('%s', (_what, events, document) => {
    expect(project(recorded(events))).toEqual(document);
  });

  it('leaves nothing personal behind when erased, to be read or to be found by', () => {
    const everything: UserDirectoryEvent[] = [
      ...active('crew', { quotes: 'write' }), { type: 'ProfileEdited', data: { ...of, from: { phone: null }, to: { phone: '+6681234567' } } }, { type: 'AvatarChanged', data: { ...of, from: null, to: 'a' } },
      { type: 'TwoFactorEnabled', data: { ...of, step: 1, recoveryCodes: ['r'] } }, erased,
    ];

    expect(after(...everything)).toEqual({
      ...anActive, status: 'erased', listed: false, email: '', displayName: 'Erased user', sortName: 'erased user', words: [], phone: null, avatar: null, role: 'crew',
      overrides: { quotes: 'write' }, overrideOrigins: { quotes: origin(0) }, revision: 4,
    });
  });

  it('says that nobody did what the system did', () => {
    expect(project(recorded([owner], { type: 'system' }))!.roleOrigin).toEqual(origin(0, null));
  });

  it('has the revision of the user\'s own stream after every event in it, so that If-Match means what was read', () => {
    const quiet: UserEvent[] = [
      { type: 'PasswordChanged', data: { ...of, passwordHash: 'h', keptSessionId: null } },
      { type: 'PasswordResetRequested', data: { ...of, generation: 1, expiresAt: minute(30) } },
      { type: 'PasswordReset', data: { ...of, passwordHash: 'h', generation: 1 } },
      { type: 'SessionsRevoked', data: { ...of, keptSessionId: null, reason: 'revoked' } },
      { type: 'SuperAdminConfirmed', data: of },
    ];
    quiet.forEach((event, n) => {
      expect(after(...active(), ...quiet.slice(0, n), event)).toEqual({ ...anActive, revision: 2 + n });
    });
    expect(after(...active(), { type: 'TwoFactorEnabled', data: { ...of, step: 1, recoveryCodes: [] } })!.revision).toBe(1);
  });

  it('is a document of its own', () => {
    expect(recorded([invited(), { type: 'TwoFactorDisabled', data: { ...of, step: 1 } }]).map((one) => userDirectory.keys(one))).toEqual([[USER], [USER]]);
  });

  it('may do what the streams say, after any history', () => {
    const change = fc.oneof(
      fc.record({ to: anyRole }).map(({ to }) => ({ role: to })),
      fc.record({ module: anyModule, to: fc.constantFrom('none' as const, 'read' as const, 'write' as const, 'manage' as const) }),
      anyModule.map((module) => ({ remove: module })),
    );
    fc.assert(fc.property(fc.array(change, { maxLength: 15 }), (changes) => {
      const events: UserEvent[] = active('crew');
      for (const one of changes) {
        const user = fold(userStream, events);
        const level = (module: Module) => permissionsOf(user)[module];
        if ('role' in one) events.push({ type: 'RoleChanged', data: { ...of, from: user.role, to: one.role, removedOverrides: user.overrides, reason: null } });
        else if ('module' in one) events.push({ type: 'PermissionOverridden', data: { ...of, module: one.module, from: level(one.module), to: one.to, reason: null } });
        else events.push({ type: 'PermissionOverrideRemoved', data: { ...of, module: one.remove, from: level(one.remove), to: 'none', reason: null } });
      }
      const [user, document] = [fold(userStream, events), after(...events)!];
      expect(effectivePermissions(document.role, document.overrides)).toEqual(permissionsOf(user));
      expect(Object.keys(document.overrideOrigins)).toEqual(expect.arrayContaining(Object.keys(user.overrides)));
    }));
  });
});
