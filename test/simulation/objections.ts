import { afterOverrides, afterRole, atLeast, defaultOf, differing, holders, level, MODULES, type Deed, type Person, type State } from './model';

/**
 * Every reason that product.md gives for refusing a deed; none: it must be carried out.
 * The person who asks is judged as of one moment and the person concerned as of another, since a service reads one before it changes the other.
 */
export interface Judged {
  readonly deed: Deed;
  /** Who asks, and with which session; `null`: nobody is signed in. */
  readonly by: { readonly userId: string; readonly sessionId: string } | null;
  readonly at: number;
  /** Whether a session that may have ended or not counts as ended: it does where a refusal is judged, not where a deed is. */
  readonly inDoubt?: boolean;
}

export function objections({ deed, by, at, inDoubt = false }: Judged, seen: State, now: State): ReadonlySet<string> {
  const codes = new Set<string>();
  const object = (code: string, where: boolean) => { if (where) codes.add(code); };
  const actor = by ? seen.people.get(by.userId) : undefined;
  if (by) object('unauthenticated', actor?.status !== 'active');
  const target = 'userId' in deed ? now.people.get(deed.userId) : undefined;
  const forbidden = (where: boolean) => { object('forbidden', where); };

  switch (deed.type) {
    case 'found': break;
    case 'invite': {
      const newcomer = { role: deed.role, overrides: differing(deed.role, deed.overrides) };
      forbidden(!may(actor, 'write') || (!may(actor, 'manage') && (atLeast(defaultOf(deed.role, 'settings'), 'write') || Object.keys(deed.overrides).length > 0)));
      forbidden(MODULES.some((module) => !holdsLevel(actor, module, level(newcomer, module))));
      object('super-admin-not-overridden', deed.role === 'super-admin' && Object.keys(newcomer.overrides).length > 0);
      object('email-taken', holders(now, deed.address).some(({ id }) => id !== deed.userId));
      break;
    }
    case 'resend':
    case 'withdraw':
      object('not-found', !target);
      forbidden(!administers(actor, target));
      object('not-invited', target?.status !== 'invited');
      break;
    case 'accept':
      object('invalid-token', target?.status !== 'invited' || target.link.generation !== deed.generation);
      object('invitation-expired', target !== undefined && target.link.until <= at);
      break;
    case 'rename':
      object('not-found', !target);
      forbidden(actor?.id !== deed.userId && !administers(actor, target));
      break;
    case 'role':
      object('not-found', !target);
      forbidden(!may(actor, 'manage') || actor?.id === deed.userId);
      object('not-active', target?.status === 'withdrawn');
      object('last-super-admin', target !== undefined && isLast(now, target) && deed.role !== 'super-admin');
      if (target) forbidden(risesAbove(actor, target, afterRole(target, deed.role, deed.keep)));
      break;
    case 'override':
      object('not-found', !target);
      forbidden(!may(actor, 'manage') || actor?.id === deed.userId);
      object('not-active', target?.status === 'withdrawn');
      object('super-admin-not-overridden', target?.role === 'super-admin' && Object.keys(afterOverrides(target, deed.overrides).overrides).length > 0);
      if (target) forbidden(risesAbove(actor, target, afterOverrides(target, deed.overrides)));
      break;
    case 'deactivate':
      object('not-found', !target);
      forbidden(!administers(actor, target) || actor?.id === deed.userId);
      object('not-active', target?.status === 'invited' || target?.status === 'withdrawn');
      object('last-super-admin', target !== undefined && isLast(now, target));
      break;
    case 'reactivate':
      object('not-found', !target);
      forbidden(!administers(actor, target));
      object('not-deactivated', target?.status === 'invited' || target?.status === 'withdrawn');
      break;
    case 'sign-in': {
      const [person] = holders(now, deed.address);
      object('invalid-credentials', person?.status !== 'active' || person.password !== deed.password);
      break;
    }
    case 'refresh': {
      const session = now.sessions.get(deed.sessionId);
      const owner = session && now.people.get(session.userId);
      object('unauthenticated', session === undefined || at >= session.until || !isOpen(now, deed.sessionId, at) || (inDoubt && isShut(now, deed.sessionId, at)) || owner?.status !== 'active');
      object('refresh-token-reused', session !== undefined && deed.generation < session.refreshed);
      break;
    }
    case 'sign-out': break;
    case 'revoke':
      object('not-found', !target || now.sessions.get(deed.sessionId)?.userId !== deed.userId);
      forbidden(actor?.id !== deed.userId && !administers(actor, target));
      break;
    case 'revoke-all':
      object('not-found', !target);
      forbidden(actor?.id !== deed.userId && !administers(actor, target));
      break;
    case 'password': object('invalid-credentials', target?.status !== 'active' || target.password !== deed.current); break;
    case 'ask-reset': break;
    case 'reset': object('invalid-reset-token', target?.status !== 'active' || target.reset.generation !== deed.generation || target.reset.until === null || target.reset.until <= at); break;
    case 'policy': forbidden(!may(actor, 'write')); break;
  }
  return codes;
}

/** Whether a session lets its bearer in. */
export function isOpen(state: State, sessionId: string, at: number): boolean {
  const session = state.sessions.get(sessionId);
  return session !== undefined && session.state !== 'ended' && at < session.ends && state.people.get(session.userId)?.status === 'active';
}

/** Whether a session keeps its bearer out. */
export function isShut(state: State, sessionId: string, at: number): boolean {
  return !isOpen(state, sessionId, at) || state.sessions.get(sessionId)?.state === 'either';
}

function may(actor: Person | undefined, needs: 'read' | 'write' | 'manage'): boolean {
  return actor !== undefined && atLeast(level(actor, 'settings'), needs);
}

/** Section 3: Settings at manage over everybody, at write over those whose own level is below write. */
function administers(actor: Person | undefined, target: Person | undefined): boolean {
  return may(actor, 'manage') || (may(actor, 'write') && !(target && atLeast(level(target, 'settings'), 'write')));
}

function holdsLevel(actor: Person | undefined, module: (typeof MODULES)[number], needs: Parameters<typeof atLeast>[1]): boolean {
  return needs === 'none' || (actor !== undefined && atLeast(level(actor, module), needs));
}

/** Nobody grants a level that they do not hold themselves. */
function risesAbove(actor: Person | undefined, before: Person, after: Person): boolean {
  return MODULES.some((module) => !atLeast(level(before, module), level(after, module)) && !holdsLevel(actor, module, level(after, module)));
}

export function activeSuperAdmins(state: State): Person[] {
  return [...state.people.values()].filter(({ status, role }) => status === 'active' && role === 'super-admin');
}

function isLast(state: State, target: Person): boolean {
  const active = activeSuperAdmins(state);
  return active.length <= 1 && active.some(({ id }) => id === target.id);
}
