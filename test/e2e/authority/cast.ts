import { business, expectStatus, invited, member, signIn, type Business, type Person, type Service } from '../harness';
import { challengeOf, enrol, type Enrolled } from '../totp';
import { afterRoleChange, MODULES, type Credential, type Holder, type Overrides, type Policy, type Role, type Status, type Target } from './oracle';

const DAY = 86_400_000;

/** Somebody of whom the requests of the suite tell. */
export interface Known { readonly name: string; readonly id: string; readonly email: string; readonly sessionId: string; readonly target: Target }

/** A business with somebody of every kind, made over HTTP, and one actor whose role and overrides the owner changes as a case needs them. */
export class Cast {
  /** @param fresh when the oldest of their access tokens was made */
  private constructor(readonly service: Service, readonly biz: Business & { owner: Person }, public actor: Person, public enrolled: Enrolled, readonly known: readonly Known[], private fresh: number) {}

  static async make(service: Service): Promise<Cast> {
    const biz = await business(service);
    const expired = await invited(service, biz, 'crew');
    const expiredAdmin = await invited(service, biz, 'admin');
    service.clock.shift(8 * DAY); // the owner's session has ended by then
    const owner: Person = await enrol(service, await signIn(service, biz.slug, biz.owner.email, biz.owner.id)); // a policy is not to stop them
    const since = service.clock.now();
    const now = { ...biz, owner };
    const asOwner = { token: owner.token };
    const known: Known[] = [];
    const note = (name: string, holder: Holder, status: Status, person: { id: string; email: string; sessionId?: string }, more: { enrolled?: boolean; lastSuperAdmin?: boolean } = {}) => {
      known.push({ name: `${name} (${status})`, id: person.id, email: person.email, sessionId: person.sessionId ?? NEVER, target: { ...holder, status, enrolled: false, lastSuperAdmin: false, ...more } });
    };
    note('crew', plain('crew'), 'invitation-expired', expired);
    note('admin', plain('admin'), 'invitation-expired', expiredAdmin);
    for (const holder of ACTIVE) note(nameOf(holder), holder, 'active', await member(service, now, holder.role, { overrides: some(holder.overrides) }));
    for (const holder of [plain('crew'), plain('super-admin')]) note(`enrolled ${nameOf(holder)}`, holder, 'active', await enrol(service, await member(service, now, holder.role)), { enrolled: true });
    for (const holder of [plain('crew'), plain('admin'), { role: 'admin', overrides: { settings: 'read' } }, { role: 'operations', overrides: { quotes: 'manage' } }, plain('super-admin')] as const) {
      const person = await member(service, now, holder.role, { overrides: some(holder.overrides) });
      expectStatus(await service.call('POST', `/v1/users/${person.id}/deactivate`, {}, asOwner), 200);
      note(nameOf(holder), holder, 'deactivated', person);
    }
    for (const holder of [plain('crew'), plain('super-admin'), { role: 'crew', overrides: { settings: 'write' } }] as const) note(nameOf(holder), holder, 'invited', await invited(service, now, holder.role, some(holder.overrides) ? { overrides: holder.overrides } : {}));
    const withdrawn = await invited(service, now, 'sales');
    expectStatus(await service.call('DELETE', `/v1/users/${withdrawn.id}/invitation`, undefined, asOwner), 204);
    note('sales', plain('sales'), 'invitation-withdrawn', withdrawn);
    for (const holder of [plain('crew'), plain('super-admin')]) {
      const person = await member(service, now, holder.role);
      expectStatus(await service.call('POST', `/v1/users/${person.id}/erase`, { email: person.email }, asOwner), 200);
      note(nameOf(holder), holder, 'erased', person);
    }
    const elsewhere = await business(service);
    const stranger = await member(service, elsewhere, 'crew');
    known.push({ name: 'a stranger', ...pick(stranger), target: 'nobody' }, { name: 'the owner of another business', ...pick(elsewhere.owner), target: 'nobody' });
    known.push({ name: 'nobody', id: NEVER, email: 'nobody@never.example', sessionId: NEVER, target: 'nobody' });
    const actor = await member(service, now, 'crew');
    known.push({ name: 'oneself', ...pick(actor), target: 'self' });
    return new Cast(service, now, actor, await enrol(service, await member(service, now, 'crew')), known, since);
  }

  /** Access tokens live for five minutes, sessions for longer. */
  async keepFresh(): Promise<void> {
    if (this.service.clock.now() - this.fresh < 150_000) return;
    this.fresh = this.service.clock.now();
    const again = async <P extends Person>(person: P): Promise<P> => {
      const answer = await this.service.call('POST', '/v1/auth/refresh', { refreshToken: person.refreshToken });
      expectStatus(answer, 200);
      return { ...person, token: answer.body.accessToken as string, refreshToken: answer.body.refreshToken as string };
    };
    this.biz.owner = await again(this.biz.owner);
    this.actor = await again(this.actor);
    this.enrolled = await again(this.enrolled);
  }

  /** The owner makes somebody what the case needs: their very session goes on. */
  async become(person: { id: string }, { role, overrides }: Holder): Promise<void> {
    await this.keepFresh();
    const asOwner = { token: this.biz.owner.token };
    expectStatus(await this.service.call('PUT', `/v1/users/${person.id}/role`, { role }, asOwner), 200);
    const none = Object.fromEntries(MODULES.map((module) => [module, null]));
    if (role !== 'super-admin') expectStatus(await this.service.call('PATCH', `/v1/users/${person.id}/permissions`, { overrides: { ...none, ...overrides } }, asOwner), 200);
  }

  async setPolicy(policy: Policy): Promise<void> {
    expectStatus(await this.service.call('PUT', '/v1/settings/two-factor', { policy }, { token: this.biz.owner.token }), 200);
  }

  /** What is no live session, by what it is instead. */
  async worthless(): Promise<Readonly<Record<Exclude<Credential, 'live'>, string | undefined>>> {
    const { service, biz } = this;
    const ended = await member(service, biz, 'super-admin');
    expectStatus(await service.call('POST', '/v1/auth/sign-out', undefined, { token: ended.token }), 204);
    const gone = await member(service, biz, 'super-admin');
    expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, { token: biz.owner.token }), 200);
    const [head, , signature] = this.actor.token.split('.');
    const payload = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(biz.owner.token.split('.')[1]!, 'base64url').toString('utf8')) as object })).toString('base64url');
    return {
      absent: undefined, forged: `${head}.${payload}.${signature}`, 'refresh-token': this.actor.refreshToken, ended: ended.token, 'of-deactivated': gone.token,
      challenge: await challengeOf(service, biz.slug, this.enrolled.email),
    };
  }
}

/** An id of the right form that nobody has. */
export const NEVER = '01890000-0000-7000-8000-000000000000';

export const plain = (role: Role): Holder => ({ role, overrides: {} });
const some = (overrides: Overrides): Overrides | undefined => (Object.keys(overrides).length > 0 ? overrides : undefined);
const pick = ({ id, email, sessionId }: Person) => ({ id, email, sessionId });
export const nameOf = ({ role, overrides }: Holder): string => [role, ...Object.entries(overrides).map(([module, level]) => `${module}:${level}`)].join(' ');

const ACTIVE: readonly Holder[] = [
  plain('crew'), plain('sales'), plain('billing'), plain('operations'), plain('admin'), plain('super-admin'),
  { role: 'crew', overrides: { settings: 'read' } }, { role: 'crew', overrides: { settings: 'write' } }, { role: 'crew', overrides: { settings: 'manage' } },
  { role: 'admin', overrides: { settings: 'read' } }, { role: 'sales', overrides: { customers: 'none', inventory: 'manage' } },
];

/** Every role with every level on Settings, and some whose other modules decide what they may grant. */
export const ACTORS: readonly Holder[] = [
  ...(['crew', 'sales', 'billing', 'operations', 'admin'] as const).flatMap((role) => (['none', 'read', 'write', 'manage'] as const).map((settings) => afterRoleChange({ role, overrides: { settings } }, role, true))),
  plain('super-admin'),
  { role: 'sales', overrides: { settings: 'manage', jobs: 'none' } }, { role: 'admin', overrides: { customers: 'none' } }, { role: 'admin', overrides: { inventory: 'read', settings: 'manage' } },
  { role: 'operations', overrides: { settings: 'write', inventory: 'none' } }, { role: 'crew', overrides: { jobs: 'manage', quotes: 'manage' } },
];
