import { createHash } from 'node:crypto';
import { defaultPermissions, streamNames, type Role } from '@rolebook/access';
import { timestamp, uuidv7, type Actor, type DomainEvent } from '@rolebook/kernel';
import { address, chance, DEVICES, personName, pick } from './people';

/** A business of the seed. Every tenth of its users has a live session. */
export interface SeedBusiness {
  readonly id: string;
  readonly slug: string;
  readonly users: number;
  /** `usual`: ten events a user on average; `short`: three. */
  readonly histories: 'usual' | 'short';
}

/** One event of a history, and what stands beside it. */
export interface Step {
  readonly stream: string;
  readonly event: DomainEvent;
  readonly actor: Actor;
  readonly sessionId: string | null;
  readonly ip: string | null;
  readonly device: string | null;
}

/** The password of everybody. */
export const PASSWORD = 'correct horse battery staple 42';
const EPOCH = Date.UTC(2025, 0, 1);
/** Sessions of the seed do not end by themselves, so that it can be kept for years. */
const NEVER = timestamp(Date.UTC(2099, 0, 1));
const ROLES: readonly (readonly [Role, number])[] = [['crew', 0.6], ['sales', 0.15], ['billing', 0.1], ['operations', 0.1], ['admin', 0.05]];

export function idOf(name: string): string {
  return uuidv7(EPOCH, createHash('sha256').update(name).digest());
}

export const businessOf = (slug: string, users: number, histories: SeedBusiness['histories'] = 'usual'): SeedBusiness => ({ id: idOf(`business ${slug}`), slug, users, histories });
/** Number 0 is the owner, a Super Admin. */
export const userId = ({ slug }: SeedBusiness, n: number): string => idOf(`user ${slug} ${n}`);
export const liveSessionId = ({ slug }: SeedBusiness, n: number): string => idOf(`session ${slug} ${n} live`);
export const emailOf = ({ slug }: SeedBusiness, n: number): string => `person${n}@${slug}.example`;
/** Whether the n-th user is active and has a live session. */
export const hasLiveSession = (n: number): boolean => n % 10 === 0;

export interface HistoryParts {
  readonly business: SeedBusiness;
  readonly passwordHash: string;
  emailStream(email: string): string;
}

/** What has happened to the n-th user of a business: the same every time. */
export function historyOf({ business, passwordHash, emailStream }: HistoryParts, n: number): readonly Step[] {
  const random = chance(n * 2654435761 + business.users);
  const id = userId(business, n);
  const owner = userId(business, 0);
  const own = { actor: { type: 'user', id } as const, sessionId: null, ip: address(random), device: pick(DEVICES, random) };
  const admin = { actor: { type: 'user', id: owner } as const, sessionId: liveSessionId(business, 0), ip: '203.0.113.7', device: 'Chrome on macOS' };
  const system = { actor: { type: 'system' } as const, sessionId: null, ip: null, device: null };
  const steps: Step[] = [];
  const stream = streamNames.user(business.id, id);
  const add = (by: Omit<Step, 'stream' | 'event'>, of: string, type: string, data: DomainEvent['data']) => steps.push({ stream: of, event: { type, data: { userId: id, ...data } }, ...by });
  const email = emailOf(business, n);
  add(n === 0 ? system : admin, emailStream(email), 'EmailReserved', { replaced: null, at: timestamp(EPOCH) });
  const name = personName(random);
  const locale = random() < 0.5 ? 'en' : 'th';
  const role = roleBy(random());
  if (n === 0) {
    add(system, stream, 'OwnerRegistered', { email, displayName: name, locale, role: 'super-admin', passwordHash });
    add(system, streamNames.business(business.id), 'SuperAdminListed', { revision: 0 });
  } else {
    add(admin, stream, 'UserInvited', { email, displayName: random() < 0.5 ? name : null, locale, role, overrides: {}, generation: 1, expiresAt: NEVER });
  }
  const accepts = hasLiveSession(n) || random() < 0.92;
  if (!accepts) return steps;
  if (n > 0) add(own, stream, 'InvitationAccepted', { displayName: name, phone: random() < 0.6 ? `+66${Math.floor(1e8 + random() * 9e8)}` : null, passwordHash, previousName: null });
  const isShort = business.histories === 'short';
  if (n > 0 && random() < (isShort ? 0.02 : 0.3)) twoFactor(streamNames.twoFactor(business.id, id), (type, data) => add(own, streamNames.twoFactor(business.id, id), type, data));
  if (!isShort && random() < 0.4) add(own, stream, 'ProfileEdited', { from: { displayName: name }, to: { displayName: random() < 0.5 ? name : personName(random) } });
  if (n > 0 && random() < (isShort ? 0.05 : 0.3)) add(admin, stream, 'PermissionOverridden', override(role, random() < 0.5 ? 'inventory' : 'jobs'));
  const sessions = isShort ? 0 : Math.floor(random() * 4);
  for (let s = 0; s < sessions; s++) {
    const sessionId = idOf(`session ${business.slug} ${n} ${s}`);
    session(sessionId, (type, data) => add({ ...own, sessionId }, streamNames.session(business.id, sessionId), type, { sessionId, ...data }), Math.floor(random() * 3));
    add({ ...own, sessionId }, streamNames.session(business.id, sessionId), 'SignedOut', { sessionId });
  }
  if (hasLiveSession(n)) {
    const sessionId = liveSessionId(business, n);
    session(sessionId, (type, data) => add({ ...own, sessionId }, streamNames.session(business.id, sessionId), type, { sessionId, ...data }), 1);
  } else if (random() < 0.06) add(admin, stream, 'UserDeactivated', { reason: 'Left the company.' });
  return steps;
}

function session(_id: string, add: (type: string, data: DomainEvent['data']) => void, refreshes: number): void {
  add('SessionStarted', { epoch: 0, twoFactorEpoch: 0, expiresAt: NEVER, method: 'password', newDevice: false });
  for (let generation = 1; generation <= refreshes; generation++) add('SessionRefreshed', { generation, at: timestamp(EPOCH) });
}

function twoFactor(_stream: string, add: (type: string, data: DomainEvent['data']) => void): void {
  add('TwoFactorEnrolmentStarted', { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' });
  add('TwoFactorEnabled', { step: 57_000_000, recoveryCodes: Array.from({ length: 10 }, (_, n) => createHash('sha256').update(`code ${n}`).digest('base64url')) });
}

function override(role: Role, module: 'inventory' | 'jobs') {
  const from = defaultPermissions(role)[module];
  return { module, from, to: from === 'read' ? 'write' as const : 'read' as const, reason: 'Covers for a colleague.' };
}

function roleBy(share: number): Role {
  let sum = 0;
  for (const [role, part] of ROLES) if (share < (sum += part)) return role;
  return 'crew';
}
