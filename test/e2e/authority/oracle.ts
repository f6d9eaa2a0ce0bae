/**
 * Who may do what, said a second time: from the product's own words (its matrix of roles, "who may do what here", deactivation,
 * two-factor) and the contract's words for a refusal, and from nothing in `libs/`. Where house and oracle disagree, one of them is wrong.
 */
export const ROLES = ['crew', 'sales', 'billing', 'operations', 'admin', 'super-admin'] as const;
export const MODULES = ['customers', 'quotes', 'jobs', 'invoices', 'inventory', 'settings'] as const;
export const LEVELS = ['none', 'read', 'write', 'manage'] as const;
export type Role = (typeof ROLES)[number];
export type Module = (typeof MODULES)[number];
export type Level = (typeof LEVELS)[number];
export type Levels = Readonly<Record<Module, Level>>;
export type Overrides = Readonly<Partial<Record<Module, Level>>>;
export type Policy = 'off' | 'admins' | 'everyone';

/** The matrix of roles; columns in the order of MODULES. */
const MATRIX: Readonly<Record<Role, string>> = {
  crew: 'read read write none read none',
  sales: 'manage manage read read read none',
  billing: 'read read read manage none none',
  operations: 'read read manage read manage none',
  admin: 'manage manage manage manage manage write',
  'super-admin': 'manage manage manage manage manage manage',
};

export interface Holder { readonly role: Role; readonly overrides: Overrides }

/** @returns what a role and its overrides come to; a Super Admin is never overridden */
export function levelsOf({ role, overrides }: Holder): Levels {
  const defaults = MATRIX[role].split(' ') as Level[];
  return Object.fromEntries(MODULES.map((module, i) => [module, (role === 'super-admin' ? undefined : overrides[module]) ?? defaults[i]])) as Levels;
}

export const holds = (held: Level, wanted: Level): boolean => LEVELS.indexOf(held) >= LEVELS.indexOf(wanted);

/** What stands behind the request's `Authorization`: a live session, or what must be worth nothing. */
export type Credential = 'live' | 'absent' | 'forged' | 'challenge' | 'refresh-token' | 'ended' | 'of-deactivated';
export interface Actor extends Holder { readonly credential: Credential; readonly enrolled: boolean; readonly policy: Policy }

export type Status = 'invited' | 'invitation-expired' | 'invitation-withdrawn' | 'active' | 'deactivated' | 'erased';
/** Whom a path names. `nobody`: an id that never was, or that of another business' user, which must look the same. */
export type Target = 'self' | 'nobody' | (Holder & { readonly status: Status; readonly enrolled: boolean; readonly lastSuperAdmin: boolean });

/** What a request would change or ask, as far as authority depends on it. */
export interface Wish {
  readonly role?: Role;
  readonly overrides?: Readonly<Partial<Record<Module, Level | null>>>;
  readonly keepOverrides?: boolean;
  readonly module?: Module;
  readonly level?: Level;
}

/**
 * Allowed: the answer is a success; with `conflict`, surely that problem, for the target's state forbids what authority would not; with
 * `perhaps`, a success or one of those. Refused: with that problem, or with one of `perhaps`, where the target's state refuses the same.
 */
export type Verdict =
  | { readonly allowed: true; readonly conflict?: string; readonly perhaps?: readonly string[] }
  | { readonly allowed: false; readonly status: number; readonly problem: string; readonly perhaps?: readonly string[] };

const ALLOWED: Verdict = { allowed: true };
const FORBIDDEN: Verdict = { allowed: false, status: 403, problem: 'forbidden' };
const NOT_FOUND: Verdict = { allowed: false, status: 404, problem: 'not-found' };
const UNAUTHENTICATED: Verdict = { allowed: false, status: 401, problem: 'unauthenticated' };
const ENROL_FIRST: Verdict = { allowed: false, status: 403, problem: 'two-factor-enrolment-required' };
const conflict = (problem: string): Verdict => ({ allowed: true, conflict: problem });
const perhaps = (...problems: string[]): Verdict => ({ allowed: true, perhaps: problems });

/**
 * `open`: no session needed. `session`: everybody's own things. `enrolment`: these too where enrolment is due. `settings`: by the level
 * held on Settings; `own` says how it is with oneself: `yes` whatever the level, `no` whatever the level, or as with anybody.
 */
type Door = 'open' | 'session' | 'enrolment' | { readonly settings: Level; readonly own?: 'yes' | 'no' };
const read: Door = { settings: 'read' };
const readOrOwn: Door = { settings: 'read', own: 'yes' };
const write: Door = { settings: 'write' };
const writeOrOwn: Door = { settings: 'write', own: 'yes' };
const writeNeverOwn: Door = { settings: 'write', own: 'no' };
const manageNeverOwn: Door = { settings: 'manage', own: 'no' };

const DOORS: Readonly<Record<string, Door>> = {
  'GET /health/live': 'open', 'GET /health/ready': 'open', 'GET /metrics': 'open', 'GET /openapi.json': 'open', 'GET /docs': 'open',
  'GET /.well-known/jwks.json': 'open', 'GET /.well-known/rolebook-audit-key': 'open',
  'POST /v1/businesses': 'open', 'POST /v1/auth/sign-in': 'open', 'POST /v1/auth/two-factor': 'open', 'POST /v1/auth/refresh': 'open',
  'POST /v1/auth/password-reset-requests': 'open', 'POST /v1/auth/password-resets': 'open',
  'POST /v1/invitations/preview': 'open', 'POST /v1/invitations/accept': 'open',

  'POST /v1/auth/sign-out': 'enrolment', 'POST /v1/me/two-factor/enrolment': 'enrolment', 'POST /v1/me/two-factor': 'enrolment',
  'GET /v1/authorization': 'session',
  'GET /v1/me': 'session', 'PATCH /v1/me': 'session', 'GET /v1/me/permissions': 'session', 'POST /v1/me/password': 'session',
  'PUT /v1/me/avatar': 'session', 'GET /v1/me/avatar': 'session', 'DELETE /v1/me/avatar': 'session',
  'GET /v1/me/sessions': 'session', 'DELETE /v1/me/sessions': 'session', 'DELETE /v1/me/sessions/{sid}': 'session',
  'DELETE /v1/me/two-factor': 'session', 'POST /v1/me/two-factor/recovery-codes': 'session',

  'GET /v1/users': read, 'GET /v1/roles': read, 'GET /v1/settings/two-factor': read, 'GET /v1/access': read,
  'GET /v1/audit': read, 'GET /v1/audit/export': read, 'GET /v1/audit/stream': read, 'GET /v1/audit/checkpoint': read,
  'GET /v1/audit/proofs/inclusion': read, 'GET /v1/audit/proofs/consistency': read,
  'GET /v1/users/{id}': readOrOwn, 'GET /v1/users/{id}/avatar': readOrOwn, 'GET /v1/users/{id}/sessions': readOrOwn,
  'GET /v1/users/{id}/permissions': readOrOwn, 'GET /v1/users/{id}/history': read,

  'POST /v1/invitations': write, 'PUT /v1/settings/two-factor': write,
  'PATCH /v1/users/{id}': writeOrOwn, 'PUT /v1/users/{id}/avatar': writeOrOwn, 'DELETE /v1/users/{id}/avatar': writeOrOwn,
  'DELETE /v1/users/{id}/sessions': writeOrOwn, 'DELETE /v1/users/{id}/sessions/{sid}': writeOrOwn,
  'POST /v1/users/{id}/invitation/resend': write, 'DELETE /v1/users/{id}/invitation': write,
  'POST /v1/users/{id}/deactivate': writeNeverOwn, 'POST /v1/users/{id}/reactivate': write, 'POST /v1/users/{id}/two-factor/reset': writeNeverOwn,

  'PUT /v1/users/{id}/role': manageNeverOwn, 'PATCH /v1/users/{id}/permissions': manageNeverOwn,
  // To erase oneself is to deactivate oneself, and for good.
  'POST /v1/users/{id}/erase': manageNeverOwn,
};

/** Every route that the oracle knows, as `GET /v1/users/{id}`. */
export const JUDGED: readonly string[] = Object.keys(DOORS);

/** Whether a route asks nobody who they are. */
export const isOpen = (route: string): boolean => DOORS[route] === 'open';

/** @throws {Error} for a route the oracle has no word on */
export function mayDo(route: string, actor: Actor, target: Target | null = null, wish: Wish = {}): Verdict {
  const door = DOORS[route];
  if (door === undefined) throw new Error(`the oracle knows no ${route}`);
  if (door === 'open') return ALLOWED;
  if (actor.credential !== 'live') return UNAUTHENTICATED;
  if (mustEnrol(actor) && door !== 'enrolment') return ENROL_FIRST;
  if (route === 'GET /v1/authorization') return holds(levelsOf(actor)[wish.module!], wish.level!) ? ALLOWED : FORBIDDEN;
  if (typeof door === 'string') return stateOfOwn(route, actor);
  return bySettings(route, door, actor, target, wish);
}

/**
 * Whoever is required and not enrolled can do nothing but enrol. "Admins and Super Admins; anyone whose Settings level is write or more":
 * the second half says what the first means, for authority comes from the level on Settings alone. An Admin overridden to read is none.
 */
export function isRequired(holder: Holder, policy: Policy): boolean {
  return policy === 'everyone' || (policy === 'admins' && holds(levelsOf(holder).settings, 'write'));
}
const mustEnrol = (actor: Actor): boolean => !actor.enrolled && isRequired(actor, actor.policy);

function bySettings(route: string, { settings: needs, own }: Exclude<Door, string>, actor: Actor, target: Target | null, wish: Wish): Verdict {
  const mine = levelsOf(actor);
  if (target === 'self' && own === 'yes') return stateOfSelf(route);
  // Whoever may see nobody learns of nobody; for the others an id that is not theirs is no id.
  if (target === 'nobody') return holds(mine.settings, 'read') ? NOT_FOUND : FORBIDDEN;
  if (!holds(mine.settings, needs)) return FORBIDDEN;
  if (target === 'self' && own === 'no') return FORBIDDEN;
  // Below manage, changes reach only those whose own Settings level is below write.
  if (needs === 'write' && mine.settings === 'write' && target !== null && holds(levelsOf(target === 'self' ? actor : target).settings, 'write')) return FORBIDDEN;
  if (!mayGrant(route, actor, target, wish)) return target === null || typeof target === 'string' || target.status === 'active' ? FORBIDDEN : { ...FORBIDDEN, perhaps: ['not-active'] };
  return target === null ? stateOfNone(route, wish) : target === 'self' ? stateOfSelf(route) : stateOf(route, target, wish);
}

/** Nobody grants a level that they do not hold themselves; Admin, Super Admin and overrides are granted with Settings at manage alone. */
function mayGrant(route: string, actor: Actor, target: Target | null, wish: Wish): boolean {
  const mine = levelsOf(actor);
  const within = (after: Levels, before: Levels | null) => MODULES.every((module) => holds(before?.[module] ?? 'none', after[module]) || holds(mine[module], after[module]));
  if (route === 'POST /v1/invitations') {
    const overrides = withoutNulls(wish.overrides ?? {});
    if (mine.settings !== 'manage' && (Object.keys(overrides).length > 0 || holds(levelsOf({ role: wish.role!, overrides: {} }).settings, 'write'))) return false;
    return within(levelsOf({ role: wish.role!, overrides }), null);
  }
  if (target === null || typeof target === 'string') return true;
  if (route === 'PUT /v1/users/{id}/role') return within(levelsOf(afterRoleChange(target, wish.role!, wish.keepOverrides ?? false)), levelsOf(target));
  if (route === 'PATCH /v1/users/{id}/permissions') return within(levelsOf(afterOverriding(target, wish.overrides ?? {})), levelsOf(target));
  return true;
}

/** Changing the role removes overrides unless the request keeps them; one that the new role has by default is none. */
export function afterRoleChange(holder: Holder, role: Role, keep: boolean): Holder {
  return afterOverriding({ role, overrides: keep || role === holder.role ? holder.overrides : {} }, {});
}

/** @returns the holder with overrides set, and removed where null or the role's default */
export function afterOverriding({ role, overrides }: Holder, changes: NonNullable<Wish['overrides']>): Holder {
  const defaults = levelsOf({ role, overrides: {} });
  const kept = Object.entries(withoutNulls({ ...overrides, ...changes })).filter(([module, level]) => role !== 'super-admin' && level !== defaults[module as Module]);
  return { role, overrides: Object.fromEntries(kept) };
}

const withoutNulls = (overrides: NonNullable<Wish['overrides']>): Overrides => Object.fromEntries(Object.entries(overrides).filter(([, level]) => level !== null));

/** Authority is there; what the own state says. */
function stateOfOwn(route: string, actor: Actor): Verdict {
  switch (route) {
    case 'POST /v1/me/two-factor/enrolment': return actor.enrolled ? conflict('already-enrolled') : ALLOWED;
    case 'POST /v1/me/two-factor': return conflict(actor.enrolled ? 'already-enrolled' : 'not-enrolled'); // nobody here is half-way through enrolling
    case 'DELETE /v1/me/two-factor': return isRequired(actor, actor.policy) ? conflict('two-factor-required') : actor.enrolled ? ALLOWED : conflict('not-enrolled');
    case 'POST /v1/me/two-factor/recovery-codes': return actor.enrolled ? ALLOWED : conflict('not-enrolled');
    case 'GET /v1/me/avatar': return perhaps('not-found');
    default: return ALLOWED;
  }
}

function stateOfNone(route: string, wish: Wish): Verdict {
  return route === 'POST /v1/invitations' && wish.role === 'super-admin' && Object.keys(wish.overrides ?? {}).length > 0 ? conflict('super-admin-not-overridden') : ALLOWED;
}

/** The target is the actor: active, and in authority. */
function stateOfSelf(route: string): Verdict {
  if (/\/invitation/.test(route)) return conflict('not-invited');
  if (route === 'GET /v1/users/{id}/avatar') return perhaps('not-found');
  return ALLOWED;
}

function stateOf(route: string, target: Exclude<Target, string>, wish: Wish): Verdict {
  const { status, lastSuperAdmin } = target;
  const open = status === 'invited' || status === 'invitation-expired';
  switch (route) {
    case 'POST /v1/users/{id}/invitation/resend': return open ? ALLOWED : status === 'invitation-withdrawn' ? perhaps('not-invited') : conflict('not-invited');
    case 'DELETE /v1/users/{id}/invitation': return open ? ALLOWED : status === 'invitation-withdrawn' ? perhaps('not-invited') : conflict('not-invited');
    case 'POST /v1/users/{id}/reactivate': return status === 'deactivated' || status === 'active' ? ALLOWED : conflict('not-deactivated'); // repeating is no error
    case 'POST /v1/users/{id}/two-factor/reset': return target.enrolled ? ALLOWED : conflict('not-enrolled');
    case 'POST /v1/users/{id}/erase': return lastSuperAdmin ? conflict('last-super-admin') : status === 'erased' ? perhaps('email-mismatch') : ALLOWED;
    case 'POST /v1/users/{id}/deactivate': return lastSuperAdmin ? conflict('last-super-admin') : status === 'active' ? ALLOWED : perhaps('not-active');
    case 'PUT /v1/users/{id}/role': return lastSuperAdmin && wish.role !== 'super-admin' ? conflict('last-super-admin') : status === 'active' ? ALLOWED : perhaps('not-active');
    case 'PATCH /v1/users/{id}/permissions': return target.role === 'super-admin' ? perhaps('super-admin-not-overridden', 'not-active') : status === 'active' ? ALLOWED : perhaps('not-active');
    case 'PATCH /v1/users/{id}': case 'PUT /v1/users/{id}/avatar': case 'DELETE /v1/users/{id}/avatar': return status === 'active' ? ALLOWED : perhaps('not-active');
    case 'GET /v1/users/{id}/avatar': return perhaps('not-found');
    // Who never got in has no session that could be named.
    case 'DELETE /v1/users/{id}/sessions/{sid}': return status === 'active' || status === 'deactivated' ? ALLOWED : perhaps('not-found');
    default: return ALLOWED;
  }
}

/** What a verdict is held against. */
interface Answered { readonly status: number; readonly body: unknown }

/** Whether an answer is what a verdict says. */
export function agrees(answer: Answered, verdict: Verdict): boolean {
  const problem = slugOf(answer);
  if (!verdict.allowed) return (answer.status === verdict.status && problem === verdict.problem) || (verdict.perhaps ?? []).includes(problem);
  if (verdict.conflict !== undefined) return problem === verdict.conflict;
  return problem === 'ok' || (verdict.perhaps ?? []).includes(problem);
}

/** The problem that was answered, or `ok`. */
export const slugOf = (answer: Answered): string => (answer.status < 300 ? 'ok' : String((answer.body as { readonly type?: unknown }).type).replace('urn:rolebook:problem:', ''));
