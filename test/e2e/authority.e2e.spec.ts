import { business, expectStatus, invited, member, problemOf, Service, type Answer, type Business, type Person } from './harness';

/** product.md, section 3, as a table: who may do what to whom, over every route. The rules themselves have property tests in libs/access and libs/users. */
const ACTORS = ['crew', 'sales', 'billing', 'operations', 'auditor', 'admin', 'writer', 'super-admin'] as const;
type Actor = (typeof ACTORS)[number];
/** Whom it is done to. `writer`: a Crew member whose Settings are overridden to write; `auditor`: to read. */
const TARGETS = ['crew', 'auditor', 'writer', 'admin', 'super-admin'] as const;
type Target = (typeof TARGETS)[number];

const NONE: readonly Actor[] = ['crew', 'sales', 'billing', 'operations'];
const READS: readonly Actor[] = ['auditor', 'admin', 'writer', 'super-admin'];
const below = (target: Target) => target === 'crew' || target === 'auditor';
/** Settings at write on those below write; at manage on everybody. */
const mayAdminister = (actor: Actor, target: Target) => actor === 'super-admin' || ((actor === 'admin' || actor === 'writer') && below(target));
const mayManageRoles = (actor: Actor) => actor === 'super-admin';

describe('who may do what to whom', () => {
  let service: Service;
  let biz: Business;
  const people = new Map<Actor, Person>();
  const targets = new Map<Target, Person>();
  const open = new Map<Target, { id: string }>();

  const ROLE_OF: Record<Actor, [role: string, overrides?: object]> = {
    crew: ['crew'], sales: ['sales'], billing: ['billing'], operations: ['operations'], auditor: ['crew', { settings: 'read' }], admin: ['admin'], writer: ['crew', { settings: 'write' }], 'super-admin': ['super-admin'],
  };

  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    const someone = (of: Actor) => member(service, biz, ROLE_OF[of][0], { overrides: ROLE_OF[of][1] });
    for (const actor of ACTORS) people.set(actor, await someone(actor));
    for (const target of TARGETS) targets.set(target, await someone(target));
    for (const target of TARGETS) open.set(target, await invited(service, biz, ROLE_OF[target][0], ROLE_OF[target][1] ? { overrides: ROLE_OF[target][1] } : {}));
  }, 60_000);
  afterAll(() => service.dispose());

  const ask = (actor: Actor, method: string, path: string, body?: unknown): Promise<Answer> => service.call(method, path, body, { token: people.get(actor)!.token });
  /** `yes`, or the slug of the refusal. */
  const verdict = (answer: Answer): string => (answer.status < 300 ? 'yes' : problemOf(answer));
  const id = (target: Target) => targets.get(target)!.id;

  /** Everything is a dry run, so that one case does not change the next; that a dry run refuses what the real thing refuses is said in dry-run.e2e.spec.ts. */
  const ON_USERS: readonly (readonly [what: string, method: string, path: (target: Target) => string, body: ((target: Target) => unknown) | undefined, may: (actor: Actor, target: Target) => boolean])[] = [
    ['see', 'GET', (t) => `/v1/users/${id(t)}`, undefined, (a) => READS.includes(a)],
    ['see the permissions of', 'GET', (t) => `/v1/users/${id(t)}/permissions`, undefined, (a) => READS.includes(a)],
    ['see the sessions of', 'GET', (t) => `/v1/users/${id(t)}/sessions`, undefined, (a) => READS.includes(a)],
    ['edit the profile of', 'PATCH', (t) => `/v1/users/${id(t)}?dryRun=true`, () => ({ displayName: 'Another Name' }), mayAdminister],
    ['deactivate', 'POST', (t) => `/v1/users/${id(t)}/deactivate?dryRun=true`, () => ({}), mayAdminister],
    ['reactivate', 'POST', (t) => `/v1/users/${id(t)}/reactivate?dryRun=true`, () => ({}), mayAdminister],
    ['remove the avatar of', 'DELETE', (t) => `/v1/users/${id(t)}/avatar?dryRun=true`, undefined, mayAdminister],
    ['end all sessions of', 'DELETE', (t) => `/v1/users/${id(t)}/sessions?dryRun=true`, undefined, mayAdminister],
    ['end a session of', 'DELETE', (t) => `/v1/users/${id(t)}/sessions/${targets.get(t)!.sessionId}?dryRun=true`, undefined, mayAdminister],
    ['send the invitation again of', 'POST', (t) => `/v1/users/${open.get(t)!.id}/invitation/resend?dryRun=true`, undefined, mayAdminister],
    ['withdraw the invitation of', 'DELETE', (t) => `/v1/users/${open.get(t)!.id}/invitation?dryRun=true`, undefined, mayAdminister],
    ['change the role of', 'PUT', (t) => `/v1/users/${id(t)}/role?dryRun=true`, () => ({ role: 'sales' }), mayManageRoles],
    ['override a permission of', 'PATCH', (t) => `/v1/users/${id(t)}/permissions?dryRun=true`, () => ({ overrides: {} }), mayManageRoles],
  ];

  describe.each(ON_USERS)('%s somebody', (_what, method, path, body, may) => {
    it.each(ACTORS)('as %s', async (actor) => {
      const seen: Record<string, string> = {};
      for (const target of TARGETS) seen[target] = verdict(await ask(actor, method, path(target), body?.(target)));
      expect(seen).toEqual(Object.fromEntries(TARGETS.map((target) => [target, may(actor, target) ? 'yes' : 'forbidden'])));
    });
  });

  describe('invite', () => {
    const GRANTED = ['crew', 'sales', 'billing', 'operations', 'admin', 'super-admin'];
    it.each(ACTORS)('as %s, into each role', async (actor) => {
      const seen = Object.fromEntries(await Promise.all(GRANTED.map(async (role) => [role, verdict(await ask(actor, 'POST', '/v1/invitations?dryRun=true', { email: 'new@person.example', role }))] as const)));
      // A Crew member with Settings at write holds too little of the other modules to grant more than Crew.
      const may = (role: string) => actor === 'super-admin' || (actor === 'admin' && !/admin/.test(role)) || (actor === 'writer' && role === 'crew');
      expect(seen).toEqual(Object.fromEntries(GRANTED.map((role) => [role, may(role) ? 'yes' : 'forbidden'])));
    });
    it.each(ACTORS)('as %s, with an override: that is role management', async (actor) => {
      const answer = await ask(actor, 'POST', '/v1/invitations?dryRun=true', { email: 'new@person.example', role: 'crew', overrides: { invoices: 'read' } });
      expect(verdict(answer)).toBe(mayManageRoles(actor) ? 'yes' : 'forbidden');
    });
  });

  it.each([['/v1/users', READS], ['/v1/roles', READS]] as const)('GET %s', async (path, allowed) => {
    const seen = Object.fromEntries(await Promise.all(ACTORS.map(async (actor) => [actor, verdict(await ask(actor, 'GET', path))] as const)));
    expect(seen).toEqual(Object.fromEntries(ACTORS.map((actor) => [actor, allowed.includes(actor) ? 'yes' : 'forbidden'])));
  });

  describe('oneself', () => {
    it.each(ACTORS)('%s sees and edits the own profile, also by id', async (actor) => {
      const { id: own } = people.get(actor)!;
      for (const [method, path, body] of [['GET', '/v1/me', undefined], ['GET', `/v1/users/${own}`, undefined], ['GET', '/v1/me/permissions', undefined], ['GET', `/v1/users/${own}/permissions`, undefined], ['GET', '/v1/me/sessions', undefined],
        ['PATCH', '/v1/me?dryRun=true', { displayName: 'Own Name' }], ['PATCH', `/v1/users/${own}?dryRun=true`, { displayName: 'Own Name' }], ['DELETE', '/v1/me/sessions?dryRun=true', undefined], ['DELETE', '/v1/me/avatar?dryRun=true', undefined]] as const) {
        expect([path, verdict(await ask(actor, method, path, body))]).toEqual([path, 'yes']);
      }
    });
    it.each(ACTORS)('%s changes neither the own role nor overrides, and cannot deactivate themselves', async (actor) => {
      const { id: own } = people.get(actor)!;
      for (const [method, path, body] of [['PUT', `/v1/users/${own}/role`, { role: 'sales' }], ['PUT', `/v1/users/${own}/role`, { role: 'super-admin' }], ['PATCH', `/v1/users/${own}/permissions`, { overrides: { jobs: 'manage' } }],
        ['PATCH', `/v1/users/${own}/permissions`, { overrides: { settings: null } }], ['POST', `/v1/users/${own}/deactivate`, {}]] as const) {
        expect([path, verdict(await ask(actor, method, path, body))]).toEqual([path, 'forbidden']);
      }
    });
  });

  it.each(NONE)('to %s, a person who is there and one who never was look alike', async (actor) => {
    const there = await ask(actor, 'GET', `/v1/users/${id('crew')}`);
    const never = await ask(actor, 'GET', '/v1/users/01890000-0000-7000-8000-000000000000');
    expect({ ...never.body, requestId: '' }).toEqual({ ...there.body, requestId: '' });
    for (const [method, end, body] of [['PATCH', '', { displayName: 'X Y' }], ['POST', '/deactivate', {}], ['POST', '/reactivate', {}], ['PUT', '/role', { role: 'sales' }], ['PATCH', '/permissions', { overrides: {} }], ['DELETE', '/invitation', undefined], ['POST', '/invitation/resend', undefined], ['DELETE', '/sessions', undefined], ['DELETE', '/avatar', undefined]] as const) {
      expect([end, verdict(await ask(actor, method, `/v1/users/01890000-0000-7000-8000-000000000000${end}`, body))]).toEqual([end, 'forbidden']);
    }
  });

  describe('what no level allows', () => {
    it('a Super Admin cannot be overridden, by anybody, not in an invitation either', async () => {
      expect(verdict(await ask('super-admin', 'PATCH', `/v1/users/${id('super-admin')}/permissions`, { overrides: { jobs: 'read' } }))).toBe('super-admin-not-overridden');
      expect(verdict(await ask('super-admin', 'POST', '/v1/invitations', { email: 'n@person.example', role: 'super-admin', overrides: { jobs: 'read' } }))).toBe('super-admin-not-overridden');
    });
    it('authority is decided from what is, not from what the token once said', async () => {
      const demoted = await member(service, biz, 'admin');
      const edit = () => service.call('PATCH', `/v1/users/${id('crew')}?dryRun=true`, { displayName: 'By Demoted' }, { token: demoted.token });
      expectStatus(await edit(), 200);
      expectStatus(await ask('super-admin', 'PUT', `/v1/users/${demoted.id}/role`, { role: 'crew' }), 200);
      expect(verdict(await edit())).toBe('forbidden');
      expectStatus(await ask('super-admin', 'PATCH', `/v1/users/${demoted.id}/permissions`, { overrides: { settings: 'write' } }), 200);
      expectStatus(await edit(), 200);
    });
  });

  it('a gateway is told the level in force, for every module and level', async () => {
    const LEVELS = ['none', 'read', 'write', 'manage'];
    for (const actor of ['crew', 'auditor', 'super-admin'] as const) {
      const { permissions } = (await ask(actor, 'GET', '/v1/me')).body as { permissions: Record<string, string> };
      for (const [module, held] of Object.entries(permissions)) {
        const answers = await Promise.all(LEVELS.map(async (level) => (await ask(actor, 'GET', `/v1/authorization?module=${module}&level=${level}`)).status));
        expect([actor, module, answers]).toEqual([actor, module, LEVELS.map((level) => (LEVELS.indexOf(level) <= LEVELS.indexOf(held) ? 204 : 403))]);
      }
    }
  });
});
