import fc from 'fast-check';
import { DomainError } from '@rolebook/kernel';
import {
  requireAuthorityOver, requireHoldsWhatIsGranted, requireMayAssign, requireSettings, requireSomebodyElse, requireView, settingsLevel, type Person,
} from './authority';
import { effectivePermissions, LEVELS, MODULES, ROLES, type Level, type Permissions } from './roles';
import { anyLevel, anyPerson, anyRole } from './spec-helpers';

const RANK = (level: Level) => LEVELS.indexOf(level);

/** Whether a rule lets somebody pass; a refusal must be `forbidden` and say why. */
function allows(rule: () => void): boolean {
  try {
    rule();
    return true;
  } catch (refusal) {
    if (!(refusal instanceof DomainError)) throw refusal;
    expect(refusal.code).toBe('forbidden');
    expect(refusal.message).not.toBe('');
    return false;
  }
}

const person = (settings: Level, id = 'ann'): Person => ({ id, role: 'crew', overrides: { settings } });
const table = <T>(rule: (level: Level) => T) => Object.fromEntries(LEVELS.map((level) => [level, rule(level)]));

describe('authority', () => {
  it('comes from the effective level on Settings alone', () => {
    expect(Object.fromEntries(ROLES.map((role) => [role, settingsLevel({ role, overrides: {} })]))).toEqual({
      crew: 'none', sales: 'none', billing: 'none', operations: 'none', admin: 'write', 'super-admin': 'manage',
    });
    fc.assert(fc.property(anyRole, anyLevel, (role, level) => {
      expect(settingsLevel({ role, overrides: { settings: level } })).toBe(level);
    }));
  });

  it('needs the level asked for, or one above', () => {
    expect(table((needed) => table((held) => allows(() => requireSettings(person(held), needed))))).toEqual({
      none: { none: true, read: true, write: true, manage: true },
      read: { none: false, read: true, write: true, manage: true },
      write: { none: false, read: false, write: true, manage: true },
      manage: { none: false, read: false, write: false, manage: true },
    });
  });
});

describe('seeing people', () => {
  it('takes Settings at read, so that an external auditor can', () => {
    expect(table((held) => allows(() => requireView(person(held), 'bob')))).toEqual({ none: false, read: true, write: true, manage: true });
  });

  it('is open to everybody for the own profile', () => {
    expect(table((held) => allows(() => requireView(person(held, 'ann'), 'ann')))).toEqual({ none: true, read: true, write: true, manage: true });
  });
});

describe('administering people', () => {
  it('goes by the level of both: with write those below write, with manage everybody', () => {
    const reach = table((held) => LEVELS.filter((target) => allows(() => requireAuthorityOver(person(held), person(target, 'bob')))));

    expect(reach).toEqual({ none: [], read: [], write: ['none', 'read'], manage: ['none', 'read', 'write', 'manage'] });
  });

  it('looks at the level in force, not at the role', () => {
    const raised: Person = { id: 'bob', role: 'crew', overrides: { settings: 'write' } };
    const lowered: Person = { id: 'bob', role: 'admin', overrides: { settings: 'read' } };

    expect(allows(() => requireAuthorityOver(person('write'), raised))).toBe(false);
    expect(allows(() => requireAuthorityOver(person('write'), lowered))).toBe(true);
    expect(allows(() => requireAuthorityOver(lowered, person('none', 'cat')))).toBe(false);
  });

  it('never reaches a peer or a superior below manage, whoever they are', () => {
    fc.assert(fc.property(anyPerson, anyPerson, (actor, target) => {
      const [own, theirs] = [RANK(settingsLevel(actor)), RANK(settingsLevel(target))];
      expect(allows(() => requireAuthorityOver(actor, target))).toBe(own === RANK('manage') || (own === RANK('write') && theirs < own));
    }));
  });
});

describe('what nobody does to themselves', () => {
  it('is refused by person, not by level', () => {
    expect(table((held) => [allows(() => requireSomebodyElse(person(held), 'ann', 'do that')), allows(() => requireSomebodyElse(person(held), 'bob', 'do that'))]))
      .toEqual({ none: [false, true], read: [false, true], write: [false, true], manage: [false, true] });
  });

  it('is named in the refusal', () => {
    expect(() => requireSomebodyElse(person('manage'), 'ann', 'deactivate themselves')).toThrow('Nobody may deactivate themselves.');
  });
});

describe('handing out roles', () => {
  it('takes write for roles whose default on Settings is below write, manage for all', () => {
    const assignable = table((held) => ROLES.filter((role) => allows(() => requireMayAssign(person(held), role))));

    expect(assignable).toEqual({
      none: [],
      read: [],
      write: ['crew', 'sales', 'billing', 'operations'],
      manage: ['crew', 'sales', 'billing', 'operations', 'admin', 'super-admin'],
    });
  });
});

describe('granting levels', () => {
  const NOTHING: Permissions = { customers: 'none', quotes: 'none', jobs: 'none', invoices: 'none', inventory: 'none', settings: 'none' };
  const accountant: Person = { id: 'ann', role: 'billing', overrides: { settings: 'manage' } };

  it('is refused above the own level, and says which', () => {
    expect(() => requireHoldsWhatIsGranted(accountant, NOTHING, { ...NOTHING, jobs: 'write' })).toThrow('Nobody grants a level they do not hold: write on jobs.');
    expect(allows(() => requireHoldsWhatIsGranted(accountant, NOTHING, { ...NOTHING, jobs: 'read', invoices: 'manage' }))).toBe(true);
  });

  it('says nothing against levels that stay or fall, however high they are', () => {
    const high = { ...NOTHING, jobs: 'manage' as const };

    expect(allows(() => requireHoldsWhatIsGranted(accountant, high, high))).toBe(true);
    expect(allows(() => requireHoldsWhatIsGranted(accountant, high, { ...high, jobs: 'write' }))).toBe(true);
  });

  it('counts everything that somebody new gets', () => {
    expect(allows(() => requireHoldsWhatIsGranted(accountant, null, { ...NOTHING, jobs: 'write' }))).toBe(false);
    expect(allows(() => requireHoldsWhatIsGranted(person('write'), null, NOTHING))).toBe(true);
  });

  it('lets nobody rise above the giver, module by module', () => {
    const permissions = anyPerson.map(({ role, overrides }) => effectivePermissions(role, overrides));
    fc.assert(fc.property(anyPerson, fc.option(permissions), permissions, (actor, before, after) => {
      const own = effectivePermissions(actor.role, actor.overrides);
      const risesTooHigh = MODULES.some((module) => RANK(after[module]) > RANK(before?.[module] ?? 'none') && RANK(after[module]) > RANK(own[module]));
      expect(allows(() => requireHoldsWhatIsGranted(actor, before, after))).toBe(!risesTooHigh);
    }));
  });
});
