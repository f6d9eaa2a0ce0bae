import fc from 'fast-check';
import { business, member, Service, signIn, type Person } from './harness';
import { HttpClient } from './http-client';
import { nameOf, plain } from './authority/cast';
import { afterOverriding, afterRoleChange, agrees, LEVELS, levelsOf, mayDo, MODULES, ROLES, slugOf, type Actor, type Credential, type Holder, type Target, type Wish } from './authority/oracle';

/** With servers a step costs ten times as much. */
const STEPS = process.env['ROLEBOOK_TEST_ENGINES'] === 'on' ? 60 : 600;
const FRESH_MS = 120_000;

/** Somebody, as the oracle believes them to be by what was acknowledged. */
interface Believed { readonly name: string; person: Person; holder: Holder; active: boolean; credential: Credential; tokenFrom: number }

interface Step { readonly by: number; readonly on: number; readonly route: string; readonly wish: Wish; readonly again: boolean }

const CAST: readonly (readonly [name: string, holder: Holder])[] = [
  ['a second Super Admin', plain('super-admin')], ['a manager', { role: 'admin', overrides: { settings: 'manage' } }], ['another manager', { role: 'crew', overrides: { settings: 'manage' } }],
  ['an Admin', plain('admin')], ['a writer', { role: 'sales', overrides: { settings: 'write' } }], ['an auditor', { role: 'crew', overrides: { settings: 'read' } }], ['a crew member', plain('crew')],
];
const CHANGES = ['PUT /v1/users/{id}/role', 'PUT /v1/users/{id}/role', 'PATCH /v1/users/{id}/permissions', 'PATCH /v1/users/{id}/permissions', 'POST /v1/users/{id}/deactivate', 'POST /v1/users/{id}/reactivate', 'POST /v1/users/{id}/reactivate', 'POST /v1/users/{id}/reactivate'] as const;
const LOOKS = ['GET /v1/users/{id}/permissions', 'POST /v1/users/{id}/erase', 'GET /v1/authorization'] as const; // to erase is rehearsed: nobody comes back from it

/** Managers keep being made, and Super Admins seldom: so that the last one is often in somebody's reach. */
const overrides = fc.oneof({ weight: 1, arbitrary: fc.constant({ settings: 'manage' as const }) }, { weight: 2, arbitrary: fc.dictionary(fc.constantFrom(...MODULES), fc.option(fc.constantFrom(...LEVELS)), { minKeys: 1, maxKeys: 2, noNullPrototype: true }) });
const wishOf = (route: string): fc.Arbitrary<Wish> => {
  if (route.endsWith('/role')) return fc.record<Wish, 'role'>({ role: fc.constantFrom(...ROLES, 'crew', 'sales', 'billing', 'operations', 'admin', 'admin'), keepOverrides: fc.boolean() }, { requiredKeys: ['role'] });
  if (route.startsWith('PATCH')) return fc.record({ overrides });
  return route.endsWith('/authorization') ? fc.record({ module: fc.constantFrom(...MODULES), level: fc.constantFrom(...LEVELS) }) : fc.constant({});
};
const step: fc.Arbitrary<Step> = fc.constantFrom(...CHANGES, ...LOOKS).chain((route) => fc.record({ by: fc.nat(CAST.length), on: fc.nat(CAST.length), route: fc.constant(route), wish: wishOf(route), again: fc.boolean() }));

describe('people who change each other, one thing after the other', () => {
  let service: Service;
  let client: HttpClient;
  let slug: string;
  let people: Believed[];
  beforeAll(async () => {
    service = await Service.start({ ROLEBOOK_DEAR_PER_MINUTE: '0' });
    client = await HttpClient.of(service);
    const biz = await business(service);
    slug = biz.slug;
    const believed = (name: string, person: Person, holder: Holder): Believed => ({ name, person, holder, active: true, credential: 'live', tokenFrom: service.clock.now() });
    people = [believed('the owner', biz.owner, plain('super-admin'))];
    for (const [name, holder] of CAST) people.push(believed(name, await member(service, biz, holder.role, Object.keys(holder.overrides).length > 0 ? { overrides: holder.overrides } : {}), holder));
  }, 60_000);
  afterAll(async () => {
    client.close();
    await service.dispose();
  });

  const isLast = ({ holder, active }: Believed) => active && holder.role === 'super-admin' && people.filter((other) => other.active && other.holder.role === 'super-admin').length === 1;
  const targetOf = (by: Believed, on: Believed): Target => (by === on ? 'self' : { ...on.holder, status: on.active ? 'active' : 'deactivated', enrolled: false, lastSuperAdmin: isLast(on) });

  function ask({ route, wish }: Step, by: Believed, on: Believed) {
    const [method = '', path = ''] = route.split(' ');
    const query = route === 'GET /v1/authorization' ? `?module=${wish.module}&level=${wish.level}` : route.endsWith('/erase') ? '?dryRun=true' : '';
    const body = method === 'GET' ? undefined : JSON.stringify(route.endsWith('/erase') ? { email: on.person.email } : wish);
    return client.send({ method, path: path.replace('{id}', on.person.id) + query, headers: { authorization: `Bearer ${by.person.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body }) });
  }

  /** What an acknowledged change makes of somebody. */
  async function believe({ route, wish, again }: Step, on: Believed): Promise<void> {
    if (route.endsWith('/role')) on.holder = afterRoleChange(on.holder, wish.role!, wish.keepOverrides ?? false);
    if (route.startsWith('PATCH')) on.holder = afterOverriding(on.holder, wish.overrides!);
    if (route.endsWith('/deactivate')) Object.assign(on, { active: false, credential: 'of-deactivated' });
    if (!route.endsWith('/reactivate') || on.active) return;
    Object.assign(on, { active: true, credential: 'ended' }); // the old session stays ended
    if (again) await signInAgain(on);
  }

  async function signInAgain(who: Believed): Promise<void> {
    Object.assign(who, { person: await signIn(service, slug, who.person.email, who.person.id), credential: 'live', tokenFrom: service.clock.now() });
  }

  it(`${STEPS} steps: each is answered as the oracle says, each person is what it believes, and the last Super Admin stays`, async () => {
    const reached = { done: 0, refused: 0, last: 0, dead: 0 };
    const found: string[] = [];
    for (const one of fc.sample(step, { seed: 20261124, numRuns: STEPS })) {
      const [by, on] = [people[one.by]!, people[one.on]!];
      if (by.credential === 'live' ? service.clock.now() - by.tokenFrom > FRESH_MS : by.credential === 'ended' && one.again) await signInAgain(by);
      const who: Actor = { ...by.holder, credential: by.credential, enrolled: false, policy: 'off' };
      const verdict = mayDo(one.route, who, one.route.includes('{id}') ? targetOf(by, on) : null, one.wish);
      const answer = await ask(one, by, on);
      if (!agrees(answer, verdict)) found.push(`${by.name} (${nameOf(by.holder)}): ${one.route} ${JSON.stringify(one.wish)} on ${on.name} (${nameOf(on.holder)}${on.active ? '' : ', deactivated'}): answered ${slugOf(answer)}, the oracle says ${JSON.stringify(verdict)}`);
      const changes = (CHANGES as readonly string[]).includes(one.route);
      if (answer.status < 300 && changes) {
        await believe(one, on);
        reached.done++;
      }
      if (!verdict.allowed) reached[by.credential === 'live' ? 'refused' : 'dead']++;
      if (slugOf(answer) === 'last-super-admin') reached.last++;
      const someone = people.find(({ credential, holder }) => credential === 'live' && levelsOf(holder).settings !== 'none')!;
      if (!changes) continue;
      const { body } = await client.send({ method: 'GET', path: `/v1/users/${on.person.id}`, headers: { authorization: `Bearer ${someone.person.token}` } });
      expect({ after: one, role: body.role as string, permissions: body.permissions as object, overrides: body.overrides as object, status: body.status as string })
        .toEqual({ after: one, role: on.holder.role, permissions: levelsOf(on.holder), overrides: on.holder.overrides, status: on.active ? 'active' : 'deactivated' });
      expect(people.some(({ active, holder }) => active && holder.role === 'super-admin')).toBe(true);
    }
    expect(found).toEqual([]);
    if (STEPS >= 600) for (const [what, times] of Object.entries(reached)) expect({ what, often: times >= 3 }).toEqual({ what, often: true });
  }, 300_000);
});
