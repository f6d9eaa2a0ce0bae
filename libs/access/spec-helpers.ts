import fc from 'fast-check';
import type { Person } from './authority';
import { LEVELS, MODULES, ROLES, type Overrides } from './roles';

export const anyRole = fc.constantFrom(...ROLES);
export const anyLevel = fc.constantFrom(...LEVELS);
export const anyModule = fc.constantFrom(...MODULES);

/** Any overrides, also ones that say what the role says. */
export const anyOverrides: fc.Arbitrary<Overrides> = fc.dictionary(anyModule, anyLevel, { noNullPrototype: true });

/** Anybody, also whom no history would bring about. */
export const anyPerson: fc.Arbitrary<Person> = fc.record({ id: fc.constantFrom('ann', 'bob', 'cat'), role: anyRole, overrides: anyOverrides });
