/**
 * What product.md says, once more and in the plainest words: who may do what, and what is then true. Shares no line with the code it judges.
 * A state never changes; what happens gives the next one.
 */
export const MODULES = ['customers', 'quotes', 'jobs', 'invoices', 'inventory', 'settings'] as const;
export type Module = (typeof MODULES)[number];
export const LEVELS = ['none', 'read', 'write', 'manage'] as const;
export type Level = (typeof LEVELS)[number];

/** The matrix of section 2, column by column as it stands there. */
const MATRIX = {
  'crew':        ['read',   'read',   'write',  'none',   'read',   'none'],
  'sales':       ['manage', 'manage', 'read',   'read',   'read',   'none'],
  'billing':     ['read',   'read',   'read',   'manage', 'none',   'none'],
  'operations':  ['read',   'read',   'manage', 'read',   'manage', 'none'],
  'admin':       ['manage', 'manage', 'manage', 'manage', 'manage', 'write'],
  'super-admin': ['manage', 'manage', 'manage', 'manage', 'manage', 'manage'],
} as const satisfies Record<string, readonly Level[]>;
export type Role = keyof typeof MATRIX;
export const ROLES = Object.keys(MATRIX) as Role[];
export type Overrides = Readonly<Partial<Record<Module, Level>>>;

export interface Person {
  readonly id: string;
  readonly address: string;
  readonly name: string | null;
  readonly role: Role;
  readonly overrides: Overrides;
  readonly status: 'invited' | 'withdrawn' | 'active' | 'deactivated';
  /** Which of the links sent so far works, and until when (milliseconds since the epoch). */
  readonly link: { readonly generation: number; readonly until: number };
  readonly password: string | null;
  readonly reset: { readonly generation: number; readonly until: number | null };
}

export interface Session {
  readonly userId: string;
  /** `either`: it was opened while all were being ended, and may be one of them or not. */
  readonly state: 'open' | 'ended' | 'either';
  readonly refreshed: number;
  /** It cannot be refreshed from then on: nobody has used it (milliseconds since the epoch). */
  readonly until: number;
  /** It ends then, however much it is used. */
  readonly ends: number;
}

export interface State {
  readonly people: ReadonlyMap<string, Person>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly policy: string;
}

export const NOTHING: State = { people: new Map(), sessions: new Map(), policy: 'off' };
const DAY = 24 * 3600 * 1000;
const LINK_DAYS = 7;
const SESSION_DAYS = 30;
/** A session nobody has used for so long runs out before (docs/security.md, ASVS 7.3.1). */
const UNUSED_DAYS = 7;
const RESET_MS = 30 * 60 * 1000;

/** What somebody asks for, with everything that was decided before the service was asked. */
export type Deed =
  | { readonly type: 'found'; readonly address: string; readonly userId: string; readonly password: string }
  | { readonly type: 'invite'; readonly address: string; readonly role: Role; readonly overrides: Overrides; readonly userId: string }
  | { readonly type: 'resend' | 'withdraw' | 'deactivate' | 'reactivate'; readonly userId: string }
  | { readonly type: 'accept'; readonly userId: string; readonly generation: number; readonly password: string; readonly name: string }
  | { readonly type: 'rename'; readonly userId: string; readonly name: string }
  | { readonly type: 'role'; readonly userId: string; readonly role: Role; readonly keep: boolean }
  | { readonly type: 'override'; readonly userId: string; readonly overrides: Readonly<Partial<Record<Module, Level | null>>> }
  | { readonly type: 'sign-in'; readonly address: string; readonly password: string; readonly sessionId: string }
  | { readonly type: 'refresh'; readonly sessionId: string; readonly generation: number }
  | { readonly type: 'sign-out'; readonly sessionId: string }
  | { readonly type: 'revoke'; readonly userId: string; readonly sessionId: string }
  | { readonly type: 'revoke-all'; readonly userId: string; readonly kept: string | null }
  | { readonly type: 'password'; readonly userId: string; readonly current: string; readonly next: string; readonly kept: string }
  | { readonly type: 'ask-reset'; readonly address: string }
  | { readonly type: 'reset'; readonly userId: string; readonly generation: number; readonly password: string }
  | { readonly type: 'policy'; readonly policy: string };

export const level = ({ role, overrides }: Pick<Person, 'role' | 'overrides'>, module: Module): Level => overrides[module] ?? MATRIX[role][MODULES.indexOf(module)] ?? 'none';
export const atLeast = (has: Level, needs: Level): boolean => LEVELS.indexOf(has) >= LEVELS.indexOf(needs);
export const defaultOf = (role: Role, module: Module): Level => level({ role, overrides: {} }, module);

/** Only what differs from the role's default is an override. */
export function differing(role: Role, overrides: Overrides): Overrides {
  return Object.fromEntries(MODULES.flatMap((module) => {
    const given = overrides[module];
    return given === undefined || given === defaultOf(role, module) ? [] : [[module, given]];
  }));
}

/** Who has an address: at most one, always. */
export function holders(state: State, address: string): Person[] {
  return [...state.people.values()].filter((person) => person.address === address && person.status !== 'withdrawn');
}

export function afterRole(person: Person, role: Role, keep: boolean): Person {
  return { ...person, role, overrides: keep && role !== 'super-admin' ? differing(role, person.overrides) : {} };
}

export function afterOverrides(person: Person, wanted: Readonly<Partial<Record<Module, Level | null>>>): Person {
  const overrides = Object.fromEntries(MODULES.flatMap((module) => {
    const level = wanted[module] === undefined ? person.overrides[module] : wanted[module];
    return level === undefined || level === null ? [] : [[module, level]];
  })) as Overrides;
  return { ...person, overrides: differing(person.role, overrides) };
}

/** The state after a deed that was carried out; the same one where it changed nothing. @param at milliseconds since the epoch */
export function after(state: State, deed: Deed, at: number): State {
  switch (deed.type) {
    case 'found':
      return put(state, { ...blank(deed.userId, deed.address), role: 'super-admin', status: 'active', password: deed.password, name: 'Olive Owner' });
    case 'invite':
      return put(state, { ...blank(deed.userId, deed.address), role: deed.role, overrides: differing(deed.role, deed.overrides), link: { generation: 1, until: at + LINK_DAYS * DAY } });
    case 'resend': return change(state, deed.userId, (person) => ({ ...person, link: { generation: person.link.generation + 1, until: at + LINK_DAYS * DAY } }));
    case 'withdraw': return change(state, deed.userId, (person) => ({ ...person, status: 'withdrawn' }));
    case 'accept': return change(state, deed.userId, (person) => ({ ...person, status: 'active', name: deed.name, password: deed.password }));
    case 'rename': return change(state, deed.userId, (person) => ({ ...person, name: deed.name }));
    case 'role': return change(state, deed.userId, (person) => (person.role === deed.role ? person : afterRole(person, deed.role, deed.keep)));
    case 'override': return change(state, deed.userId, (person) => afterOverrides(person, deed.overrides));
    case 'deactivate':
      return change(endAll(state, deed.userId, null), deed.userId, (person) => (person.status === 'active' ? { ...person, status: 'deactivated', reset: { ...person.reset, until: null } } : person));
    case 'reactivate': return change(state, deed.userId, (person) => ({ ...person, status: 'active' }));
    case 'sign-in': {
      const [person] = holders(state, deed.address);
      return person ? session(state, deed.sessionId, { userId: person.id, state: 'open', refreshed: 0, until: at + UNUSED_DAYS * DAY, ends: at + SESSION_DAYS * DAY }) : state;
    }
    case 'refresh': {
      const before = state.sessions.get(deed.sessionId);
      return before ? session(state, deed.sessionId, deed.generation === before.refreshed ? { ...before, refreshed: before.refreshed + 1, until: Math.min(before.ends, at + UNUSED_DAYS * DAY) } : { ...before, state: 'ended' }) : state;
    }
    case 'sign-out':
    case 'revoke': return end(state, deed.sessionId);
    case 'revoke-all': return endAll(state, deed.userId, deed.kept);
    case 'password': return change(endAll(state, deed.userId, deed.kept), deed.userId, (person) => ({ ...person, password: deed.next, reset: { ...person.reset, until: null } }));
    case 'ask-reset': {
      const [person] = holders(state, deed.address);
      return person?.status === 'active' ? put(state, { ...person, reset: { generation: person.reset.generation + 1, until: at + RESET_MS } }) : state;
    }
    case 'reset': return change(endAll(state, deed.userId, null), deed.userId, (person) => ({ ...person, password: deed.password, reset: { ...person.reset, until: null } }));
    case 'policy': return { ...state, policy: deed.policy };
  }
}

/** A session that was opened while all were being ended. */
export function inDoubt(state: State, sessionId: string): State {
  const before = state.sessions.get(sessionId);
  return before ? session(state, sessionId, { ...before, state: 'either' }) : state;
}

function blank(id: string, address: string): Person {
  return { id, address, name: null, role: 'crew', overrides: {}, status: 'invited', link: { generation: 0, until: 0 }, password: null, reset: { generation: 0, until: null } };
}

function put(state: State, person: Person): State {
  return { ...state, people: new Map(state.people).set(person.id, person) };
}

function change(state: State, id: string, how: (person: Person) => Person): State {
  const person = state.people.get(id);
  return person ? put(state, how(person)) : state;
}

function session(state: State, id: string, value: Session): State {
  return { ...state, sessions: new Map(state.sessions).set(id, value) };
}

/** A session that has ended. */
export function end(state: State, sessionId: string): State {
  const before = state.sessions.get(sessionId);
  return before ? session(state, sessionId, { ...before, state: 'ended' }) : state;
}

function endAll(state: State, userId: string, kept: string | null): State {
  return [...state.sessions].reduce((next, [id, { userId: owner }]) => (owner === userId && id !== kept ? end(next, id) : next), state);
}
