import { DomainError } from '@rolebook/kernel';
import { defaultPermissions, effectivePermissions, holds, MODULES, type Level, type Overrides, type Permissions, type Role } from './roles';

/** What authority is decided from: the role and overrides of a person, folded from their stream. */
export interface Person {
  readonly id: string;
  readonly role: Role;
  readonly overrides: Overrides;
}

/**
 * Who may do what to whom in this product (product.md, section 3). Authority comes from the effective level on Settings alone.
 * Every function throws {@link DomainError} `forbidden`, and says why, where the answer is no.
 */
const forbidden = (why: string) => new DomainError('forbidden', why);

/** The level in force on Settings. */
export function settingsLevel(person: Pick<Person, 'role' | 'overrides'>): Level {
  return person.overrides.settings ?? defaultPermissions(person.role).settings;
}

/** Sees users, roles, permissions, sessions and the audit log. */
export function requireSettings(actor: Person, needed: Level): void {
  if (!holds(settingsLevel(actor), needed)) throw forbidden(`This needs the level ${needed} on Settings.`);
}

/** May see this person: the own profile always, others with Settings at read. */
export function requireView(actor: Person, targetId: string): void {
  if (actor.id !== targetId) requireSettings(actor, 'read');
}

/**
 * May administer this person: with Settings at manage everybody, with write those whose own level is below write.
 * Says nothing of doing it to oneself.
 */
export function requireAuthorityOver(actor: Person, target: Person): void {
  requireSettings(actor, 'write');
  if (holds(settingsLevel(actor), 'manage')) return;
  if (holds(settingsLevel(target), 'write')) throw forbidden('Only a Super Admin may do this to somebody who administers users.');
}

/** For what nobody does to themselves through an administrator's route. */
export function requireSomebodyElse(actor: Person, targetId: string, what: string): void {
  if (actor.id === targetId) throw forbidden(`Nobody may ${what}.`);
}

/** May hand out this role (in an invitation, or by changing a role). */
export function requireMayAssign(actor: Person, role: Role): void {
  requireSettings(actor, 'write');
  if (holds(settingsLevel(actor), 'manage')) return;
  if (holds(defaultPermissions(role).settings, 'write')) throw forbidden('Only a Super Admin may grant this role.');
}

/** Nobody grants a level that they do not hold: checks every module whose level rises. `before` is `null` for somebody new. */
export function requireHoldsWhatIsGranted(actor: Person, before: Permissions | null, after: Permissions): void {
  const own = effectivePermissions(actor.role, actor.overrides);
  for (const module of MODULES) {
    const rises = before === null ? after[module] !== 'none' : !holds(before[module], after[module]);
    if (rises && !holds(own[module], after[module])) throw forbidden(`Nobody grants a level they do not hold: ${after[module]} on ${module}.`);
  }
}
