/**
 * The vocabulary of access that every feature shares: modules, levels, roles and the built-in matrix.
 * product.md, section 2. Pure and without state.
 */
export const MODULES = ['customers', 'quotes', 'jobs', 'invoices', 'inventory', 'settings'] as const;
export type Module = (typeof MODULES)[number];

/** Each level holds the ones before it. */
export const LEVELS = ['none', 'read', 'write', 'manage'] as const;
export type Level = (typeof LEVELS)[number];

export const ROLES = ['crew', 'sales', 'billing', 'operations', 'admin', 'super-admin'] as const;
export type Role = (typeof ROLES)[number];

export type Permissions = Readonly<Record<Module, Level>>;
export type Overrides = Readonly<Partial<Record<Module, Level>>>;

interface RoleDefinition {
  readonly role: Role;
  readonly label: string;
  readonly description: string;
  readonly permissions: Permissions;
}

const role = (id: Role, label: string, description: string, levels: readonly [Level, Level, Level, Level, Level, Level]): RoleDefinition => ({
  role: id,
  label,
  description,
  permissions: Object.freeze(Object.fromEntries(MODULES.map((module, i) => [module, levels[i]])) as Record<Module, Level>),
});

/** Built in; nobody edits them. Where a sentence and the matrix disagree, the matrix wins. Columns in the order of MODULES. */
export const ROLE_DEFINITIONS: readonly RoleDefinition[] = [
  role('crew', 'Crew', 'Pick & Scan, Return & Inspect; edits jobs, views inventory; customers and quotes read-only', ['read', 'read', 'write', 'none', 'read', 'none']),
  role('sales', 'Sales', 'Creates and sends quotes, manages customers; jobs and invoices read-only', ['manage', 'manage', 'read', 'read', 'read', 'none']),
  role('billing', 'Billing', 'Issues invoices, records payments, manages receipts; jobs read-only', ['read', 'read', 'read', 'manage', 'none', 'none']),
  role('operations', 'Operations', 'Jobs end to end, and all that Crew can; customers and quotes read-only', ['read', 'read', 'manage', 'read', 'manage', 'none']),
  role('admin', 'Admin', 'Everything except billing settings and role management', ['manage', 'manage', 'manage', 'manage', 'manage', 'write']),
  role('super-admin', 'Super Admin', 'Everything, with billing settings and role management', ['manage', 'manage', 'manage', 'manage', 'manage', 'manage']),
];

const DEFAULTS = Object.fromEntries(ROLE_DEFINITIONS.map((d) => [d.role, d.permissions])) as Record<Role, Permissions>;
const RANK: Readonly<Record<Level, number>> = { none: 0, read: 1, write: 2, manage: 3 };

/** What a role may do before overrides. */
export function defaultPermissions(of: Role): Permissions {
  return DEFAULTS[of];
}

/** Whether holding `held` is enough where `needed` is asked for. */
export function holds(held: Level, needed: Level): boolean {
  return RANK[held] >= RANK[needed];
}

/** The levels in force: the role's defaults, with the overrides on top. */
export function effectivePermissions(of: Role, overrides: Overrides): Permissions {
  return { ...DEFAULTS[of], ...overrides };
}

/** The level in force for one module. */
export function effectiveLevel(of: Role, overrides: Overrides, module: Module): Level {
  return overrides[module] ?? DEFAULTS[of][module];
}

/** The two-factor policy of a business: who must have it (product.md, section 6). */
export const TWO_FACTOR_POLICIES = ['off', 'admins', 'everyone'] as const;
export type TwoFactorPolicy = (typeof TWO_FACTOR_POLICIES)[number];

/** Whether the policy requires two-factor of somebody with this level on Settings. */
export function twoFactorRequired(policy: TwoFactorPolicy, settings: Level): boolean {
  return policy === 'everyone' || (policy === 'admins' && holds(settings, 'write'));
}

