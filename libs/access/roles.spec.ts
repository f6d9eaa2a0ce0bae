import fc from 'fast-check';
import { anyLevel, anyModule, anyOverrides, anyRole } from './spec-helpers';
import { defaultPermissions, effectiveLevel, effectivePermissions, holds, LEVELS, MODULES, ROLE_DEFINITIONS, ROLES, twoFactorRequired, type Level } from './roles';

/** product.md, section 2, column by column as it stands there. */
const MATRIX = `
  role        | customers | quotes | jobs   | invoices | inventory | settings
  crew        | read      | read   | write  | none     | read      | none
  sales       | manage    | manage | read   | read     | read      | none
  billing     | read      | read   | read   | manage   | none      | none
  operations  | read      | read   | manage | read     | manage    | none
  admin       | manage    | manage | manage | manage   | manage    | write
  super-admin | manage    | manage | manage | manage   | manage    | manage
`.trim().split('\n').map((line) => line.split('|').map((cell) => cell.trim()));

const [[, ...modules] = [], ...rows] = MATRIX;

describe('the built-in roles', () => {
  it('are these six, over these six modules', () => {
    expect([...ROLES]).toEqual(rows.map(([role]) => role));
    expect([...MODULES]).toEqual(modules);
    expect(ROLE_DEFINITIONS.map(({ role, label }) => ({ role, label }))).toEqual([
      { role: 'crew', label: 'Crew' }, { role: 'sales', label: 'Sales' }, { role: 'billing', label: 'Billing' },
      { role: 'operations', label: 'Operations' }, { role: 'admin', label: 'Admin' }, { role: 'super-admin', label: 'Super Admin' },
    ]);
  });

  it.each(rows)('give %s what the matrix says', (role, ...levels) => {
    const expected = Object.fromEntries(modules.map((module, i) => [module, levels[i]]));

    expect(defaultPermissions(ROLES.find((known) => known === role)!)).toEqual(expected);
    expect(ROLE_DEFINITIONS.find((definition) => definition.role === role)!.permissions).toEqual(expected);
  });

  it('cannot be edited, not even by a mistake in the code', () => {
    const crew = defaultPermissions('crew') as Record<string, Level>;

    expect(() => { crew.settings = 'manage'; }).toThrow(TypeError);
    expect(defaultPermissions('crew').settings).toBe('none');
  });
});

describe('levels', () => {
  it('are held from none to manage, each holding the ones before it', () => {
    expect([...LEVELS]).toEqual(['none', 'read', 'write', 'manage']);
    const held = LEVELS.map((level) => LEVELS.filter((needed) => holds(level, needed)));
    expect(held).toEqual([['none'], ['none', 'read'], ['none', 'read', 'write'], ['none', 'read', 'write', 'manage']]);
  });
});

describe('overrides', () => {
  it('win over the role, module by module, and touch no other', () => {
    fc.assert(fc.property(anyRole, anyOverrides, anyModule, (role, overrides, module) => {
      const expected = overrides[module] ?? defaultPermissions(role)[module];
      expect(effectivePermissions(role, overrides)[module]).toBe(expected);
      expect(effectiveLevel(role, overrides, module)).toBe(expected);
    }));
  });
});

describe('the two-factor policy', () => {
  it.each<[Parameters<typeof twoFactorRequired>[0], readonly Level[]]>([
    ['off', []],
    ['admins', ['write', 'manage']],
    ['everyone', ['none', 'read', 'write', 'manage']],
  ])('%s binds people with these levels on Settings: %j', (policy, bound) => {
    expect(LEVELS.filter((level) => twoFactorRequired(policy, level))).toEqual(bound);
  });

  it('binds nobody less when somebody is promoted', () => {
    fc.assert(fc.property(fc.constantFrom('off' as const, 'admins' as const, 'everyone' as const), anyLevel, anyLevel, (policy, lower, higher) => {
      fc.pre(holds(higher, lower) && twoFactorRequired(policy, lower));
      expect(twoFactorRequired(policy, higher)).toBe(true);
    }));
  });
});
