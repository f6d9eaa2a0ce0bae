import fc from 'fast-check';
import { defaultPermissions, effectivePermissions, holds, MODULES, settingsLevel, type Level, type Module, type Overrides, type Permissions, type Person } from '@rolebook/access';
import { anyLevel, anyModule, anyOverrides, anyRole } from '@rolebook/access/spec-helpers';
import { DomainError } from '@rolebook/kernel';
import type { UserCommand } from './commands';
import { userDecider } from './decider';
import type { UserEvent } from './events';
import { BEFORE, EXPIRY, LATER_EXPIRY, USER } from './spec-helpers';
import { noUser, permissionsOf, type StoredStatus, type UserState } from './state';

/**
 * What must be true after any sequence of commands, in any order, by anybody: colleagues of every role and override, and the user herself.
 * Refused commands change nothing and the sequence goes on.
 */

/** Somebody whom this product could bring about: a Super Admin has no overrides, and an override says something. */
const colleague: fc.Arbitrary<Person> = fc.record({ id: fc.constantFrom('bob', 'cat'), role: anyRole, overrides: anyOverrides })
  .map(({ id, role, overrides }) => ({ id, role, overrides: role === 'super-admin' ? {} : withoutDefaults(role, overrides) }));

function withoutDefaults(role: Person['role'], overrides: Overrides): Overrides {
  return Object.fromEntries(Object.entries(overrides).filter(([module, level]) => defaultPermissions(role)[module as Module] !== level));
}

const moment = fc.constantFrom(BEFORE, EXPIRY, LATER_EXPIRY);
const generation = fc.integer({ min: 0, max: 4 });
const reason = fc.option(fc.constantFrom('asked for', 'left'));
const session = fc.option(fc.constantFrom('s1', 's2'));
const name = fc.constantFrom('Anna', 'Anna B.');
const phone = fc.option(fc.constantFrom('+6681111111', '+6682222222'));
const locale = fc.constantFrom('en' as const, 'th' as const);

/** `herself` stands for the user as she is at that moment. */
type Draft = UserCommand | ((herself: Person) => UserCommand);
const by = <Command extends UserCommand & { by: Person }>(rest: fc.Arbitrary<Omit<Command, 'by'>>): fc.Arbitrary<Draft> =>
  fc.tuple(fc.option(colleague, { freq: 4 }), rest).map(([person, command]) => (herself: Person) => ({ ...command, by: person ?? herself }) as Command);
const type = <Type extends UserCommand['type']>(value: Type) => fc.constant(value);
const ofType = <Type extends UserCommand['type']>(value: Type) => type(value) as fc.Arbitrary<never>;

const command: fc.Arbitrary<Draft> = fc.oneof(
  fc.record({ type: type('RegisterOwner'), userId: fc.constant(USER), email: fc.constant('anna@example.com'), displayName: name, locale, passwordHash: fc.constant('h') }),
  { weight: 4, arbitrary: by(fc.record({ type: ofType('Invite'), userId: fc.constant(USER), email: fc.constant('anna@example.com'), displayName: fc.option(name), locale, role: anyRole, overrides: anyOverrides, expiresAt: fc.constant(EXPIRY) })) },
  { weight: 2, arbitrary: by(fc.record({ type: ofType('ResendInvitation'), expiresAt: moment })) },
  by(fc.record({ type: ofType('WithdrawInvitation') })),
  fc.record({ type: type('AbandonInvitation'), userId: fc.constant(USER) }),
  { weight: 4, arbitrary: fc.record({ type: type('AcceptInvitation'), generation, now: moment, displayName: name, phone, passwordHash: fc.constant('h') }) },
  { weight: 2, arbitrary: by(fc.record({ type: ofType('EditProfile'), displayName: name, phone, locale }, { requiredKeys: ['type'] })) },
  by(fc.record({ type: ofType('ChangeAvatar'), avatar: fc.option(fc.constantFrom('a', 'b')) })),
  { weight: 4, arbitrary: by(fc.record({ type: ofType('ChangeRole'), role: anyRole, keepOverrides: fc.boolean(), reason })) },
  { weight: 4, arbitrary: by(fc.record({ type: ofType('ChangeOverrides'), overrides: fc.dictionary(anyModule, fc.option(anyLevel), { noNullPrototype: true }), reason })) },
  { weight: 2, arbitrary: by(fc.record({ type: ofType('Deactivate'), reason })) },
  { weight: 2, arbitrary: by(fc.record({ type: ofType('Reactivate'), reason })) },
  by(fc.record({ type: ofType('Erase'), emailMatches: fc.boolean() })),
  fc.record({ type: type('ConfirmSuperAdmin') }),
  fc.record({ type: type('ChangePassword'), current: fc.constant('h'), passwordHash: fc.constant('h'), keptSessionId: session }),
  fc.record({ type: type('RequestPasswordReset'), expiresAt: moment }),
  fc.record({ type: type('ResetPassword'), generation, now: moment, passwordHash: fc.constant('h') }),
  by(fc.record({ type: ofType('RevokeSessions'), keptSessionId: session, reason: fc.constant('revoked' as const) })),
);

interface Step {
  readonly command: UserCommand;
  readonly before: UserState;
  /** `null` where the command was refused. */
  readonly events: readonly UserEvent[] | null;
  readonly after: UserState;
}

/** Holds of every step of every sequence. */
function always(claim: (step: Step) => void): void {
  fc.assert(fc.property(fc.array(command, { minLength: 1, maxLength: 25 }), (drafts) => {
    let user = noUser;
    for (const draft of drafts) {
      const command = typeof draft === 'function' ? draft({ id: USER, role: user.role, overrides: user.overrides }) : draft;
      const before = user;
      const events = attempt(command, before);
      user = (events ?? []).reduce(userDecider.evolve, user);
      claim({ command, before, events, after: user });
    }
  }), { numRuns: 400 });
}

function attempt(command: UserCommand, user: UserState): readonly UserEvent[] | null {
  try {
    return userDecider.decide(command, user);
  } catch (refusal) {
    if (refusal instanceof DomainError) return null;
    throw refusal;
  }
}

const NOTHING = Object.fromEntries(MODULES.map((module) => [module, 'none'])) as Record<Module, Level>;
/** What somebody may do, or would once they are active. */
const held = (user: UserState): Permissions => (user.status === 'none' || user.status === 'abandoned' ? NOTHING : permissionsOf(user));
const giver = (command: UserCommand): Person | null => ('by' in command ? command.by : null);

describe('whatever commands come, in whatever order', () => {
  it('a Super Admin has no overrides', () => {
    always(({ after }) => { if (after.role === 'super-admin') expect(after.overrides).toEqual({}); });
  });

  it('an override differs from the default of the role', () => {
    always(({ after }) => expect(after.overrides).toEqual(withoutDefaults(after.role, after.overrides)));
  });

  it('nobody rises above what the giver holds', () => {
    always(({ command, before, after }) => {
      const by = giver(command);
      const rising = MODULES.filter((module) => !holds(held(before)[module], held(after)[module]));
      if (command.type === 'RegisterOwner') return;
      expect(rising.filter((module) => by === null || !holds(effectivePermissions(by.role, by.overrides)[module], held(after)[module]))).toEqual([]);
    });
  });

  it('nobody changes their own role or overrides, deactivates or erases themselves', () => {
    always(({ command, before, after }) => {
      if (giver(command)?.id !== USER || before.status === 'none') return;
      expect({ role: after.role, overrides: after.overrides }).toEqual({ role: before.role, overrides: before.overrides });
      expect(['deactivated', 'erased'].includes(after.status) ? after.status : before.status).toBe(before.status);
    });
  });

  it('role and overrides change by somebody with Settings at manage alone', () => {
    always(({ command, before, after }) => {
      const changed = before.status !== 'none' && (before.role !== after.role || before.overrides !== after.overrides);
      if (changed) expect(settingsLevel(giver(command)!)).toBe('manage');
    });
  });

  it('nobody below manage touches anybody at write or above, but themselves', () => {
    always(({ command, before, events }) => {
      const by = giver(command);
      if (by === null || by.id === USER || before.status === 'none' || settingsLevel(by) === 'manage') return;
      if (holds(settingsLevel(before), 'write')) expect(events ?? []).toEqual([]);
    });
  });

  it('the status goes these ways and no other, and never out of the last', () => {
    const ways: Readonly<Record<StoredStatus, readonly StoredStatus[]>> = {
      none: ['abandoned', 'invited', 'active'],
      abandoned: [],
      invited: ['invitation-withdrawn', 'active', 'erased'],
      'invitation-withdrawn': ['erased'],
      active: ['deactivated', 'erased'],
      deactivated: ['active', 'erased'],
      erased: [],
    };
    always(({ before, after }) => expect([before.status, ...ways[before.status]]).toContain(after.status));
  });

  it('only the newest invitation link works, and only once', () => {
    always(({ after }) => {
      const working = [0, 1, 2, 3, 4, 5].filter((generation) => attempt({ type: 'AcceptInvitation', generation, now: '', displayName: 'A', phone: null, passwordHash: 'h' }, after));
      expect(working).toEqual(after.status === 'invited' && after.invitation && after.invitation.generation <= 5 ? [after.invitation.generation] : []);
    });
  });

  it('generations of links only go up', () => {
    always(({ before, events, after }) => {
      for (const event of events ?? []) {
        if (event.type === 'InvitationResent') expect(event.data.generation).toBeGreaterThan(before.invitation!.generation);
      }
      expect(after.passwordReset.generation).toBeGreaterThanOrEqual(before.passwordReset.generation);
    });
  });

  it('what is done is not done again by the same command', () => {
    const repeatable: readonly UserCommand['type'][] = [
      'RegisterOwner', 'AbandonInvitation', 'EditProfile', 'ChangeAvatar', 'ChangeRole', 'ChangeOverrides', 'Deactivate', 'Reactivate', 'Erase',
    ];
    always(({ command, events, after }) => {
      if (events !== null && repeatable.includes(command.type)) expect(userDecider.decide(command, after)).toEqual([]);
    });
  });

  it('every event names its user, and is JSON', () => {
    always(({ events }) => {
      for (const event of events ?? []) {
        expect(event.data.userId).toBe(USER);
        expect(JSON.parse(JSON.stringify(event))).toEqual(event);
      }
    });
  });

  it('an event that changes nothing is not written', () => {
    always(({ before, events, after }) => {
      // Confirming exists to raise the revision; links and sessions count up.
      const changes = (events ?? []).some(({ type }) => type !== 'SuperAdminConfirmed');
      if (changes) expect(after).not.toEqual(before);
    });
  });

  it('nothing personal comes back once somebody is erased', () => {
    always(({ after: { status, email, displayName, phone, avatar, passwordHash } }) => {
      if (status === 'erased') expect({ email, displayName, phone, avatar, passwordHash }).toEqual({ email: '', displayName: null, phone: null, avatar: null, passwordHash: null });
    });
  });
});
