import { business, invited, member, PASSWORD, problemOf, Service, SETUP_TOKEN, type Answer, type Business, type Person } from './harness';

/** What every body is tried with beside its own fields. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ['an unknown field', '"admin":true'], ['__proto__', '"__proto__":{"role":"super-admin"}'], ['constructor', '"constructor":{"prototype":{"x":1}}'], ['toString', '"toString":"x"'],
];

describe('strict validation: nothing unknown, nothing of another type, nothing repeated', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  let open: { id: string };
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    crew = await member(service, biz, 'crew');
    open = await invited(service, biz, 'sales');
  });
  afterAll(() => service.dispose());

  const asOwner = (headers: Record<string, string> = {}) => ({ token: biz.owner.token, headers });
  const path = (template: string) => template.replace(':crew', crew.id).replace(':invited', open.id);
  /** Sends JSON text as it is. */
  const send = (method: string, template: string, text: string) => service.call(method, path(template), text, asOwner({ 'content-type': 'application/json', 'setup-token': SETUP_TOKEN }));
  const pointers = (answer: Answer): string[] => {
    expect(problemOf(answer)).toBe('validation');
    return (answer.body.errors as { pointer: string; message: string }[]).map(({ pointer, message }) => {
      expect(message).toMatch(/\w{2}/);
      return pointer;
    });
  };

  const owner = { email: 'o@new.example', displayName: 'New Owner', password: PASSWORD };
  /** Every route that takes a body, with one that it would take. */
  const BODIES: readonly (readonly [method: string, path: string, body: object])[] = [
    ['POST', '/v1/businesses', { name: 'New', slug: 'new-one', owner }],
    ['POST', '/v1/auth/sign-in', { business: 'new-one', email: 'a@b.example', password: 'x' }],
    ['POST', '/v1/auth/refresh', { refreshToken: 'x' }],
    ['POST', '/v1/invitations', { email: 'somebody@new.example', role: 'crew' }],
    ['POST', '/v1/invitations/preview', { token: 'x' }],
    ['POST', '/v1/invitations/accept', { token: 'x', displayName: 'Some Body', password: PASSWORD }],
    ['PATCH', '/v1/users/:crew', { displayName: 'Some Body' }],
    ['PATCH', '/v1/me', { displayName: 'Some Body' }],
    ['PUT', '/v1/users/:crew/role', { role: 'sales' }],
    ['PATCH', '/v1/users/:crew/permissions', { overrides: { quotes: 'write' } }],
    ['POST', '/v1/users/:crew/deactivate', { reason: 'x' }],
    ['POST', '/v1/users/:crew/reactivate', { reason: 'x' }],
  ];
  describe.each(BODIES)('%s %s', (method, template, body) => {
    const text = JSON.stringify(body);
    it.each(STRANGERS)('refuses %s', async (_what, field) => {
      const name = (JSON.parse(`{${field}}`) as object);
      expect(pointers(await send(method, template, `${text.slice(0, -1)},${field}}`))).toEqual([`#/${Object.keys(name)[0]}`]);
    });
    it('refuses a list, a query parameter and a repeated one', async () => {
      expect(pointers(await send(method, template, `[${text}]`))).toContain('#/0');
      expect(pointers(await send(method, `${template}?x=1`, text))).toEqual(['?x']);
      expect(pointers(await send(method, `${template}?dryRun=true&dryRun=true`, text))).toEqual(['?dryRun']);
      expect(pointers(await send(method, `${template}?dryRun=yes`, text))).toEqual(['?dryRun']);
    });
    it.each(Object.keys(body))('refuses another type as %s', async (field) => {
      for (const wrong of [7, true, [], ['x'], field === 'overrides' || field === 'owner' ? 'x' : { $ne: '' }]) {
        expect((pointers(await send(method, template, JSON.stringify({ ...body, [field]: wrong }))))[0]).toMatch(new RegExp(`^#/${field}`));
      }
    });
  });

  describe('fields', () => {
    const invite = (fields: object) => service.call('POST', '/v1/invitations?dryRun=true', { email: 'p@new.example', role: 'crew', ...fields }, asOwner());
    const edit = (fields: object) => service.call('PATCH', '/v1/me?dryRun=true', fields, asOwner());

    it.each(['', 'plain', 'a@b@c.example', 'a b@c.example', '"a b"@c.example', 'a@[127.0.0.1]', 'a@localhost', 'A <a@c.example>', 'a@c.example,b@c.example', 'a@c.example\r\nBcc: x@y.example', 'a@c..example', '.a@c.example',
      'a@-c.example', 'a\u200b@c.example', 'a\u202e@c.example', `${'x'.repeat(65)}@c.example`, `a@${'x'.repeat(64)}.example`])('no e-mail address: %j', async (email) => {
      expect(pointers(await invite({ email }))).toEqual(['#/email']);
    });
    it.each(['', '   ', 'a\u202eb', 'a\u0000b', 'a\nb', '\u200b', 'x'.repeat(101)])('no name: %j', async (displayName) => {
      expect(pointers(await edit({ displayName }))).toEqual(['#/displayName']);
      expect(pointers(await invite({ displayName }))).toEqual(['#/displayName']);
    });
    it('half of a surrogate pair is no name', async () => {
      expect(pointers(await send('PATCH', '/v1/me', '{"displayName":"a\\ud800"}'))).toEqual(['#/displayName']);
    });
    it.each(['0812345678', '+66 81 abc', '+', '+66812345678901234'])('no phone number: %j', async (phone) => {
      expect(pointers(await edit({ phone }))).toEqual(['#/phone']);
    });
    it('null empties a phone number, and nothing else', async () => {
      expect((await edit({ phone: null })).status).toBe(200);
      for (const field of ['displayName', 'locale']) expect(pointers(await edit({ [field]: null }))).toEqual([`#/${field}`]);
      for (const field of ['email', 'role', 'overrides', 'displayName', 'locale']) expect(pointers(await invite({ [field]: null }))).toEqual([`#/${field}`]);
    });
    it.each([[{ jobs: 'all' }], [{ jobs: null }], [{ garage: 'read' }], [{ jobs: ['read'] }], [[]], ['jobs']])('no overrides: %j', async (overrides) => {
      expect(pointers(await invite({ overrides }))[0]).toMatch(/^#\/overrides/);
    });
    it('a role, a locale and a level are of their lists', async () => {
      for (const role of ['owner', 'Crew', 'super_admin', '']) expect(pointers(await invite({ role }))).toEqual(['#/role']);
      for (const locale of ['de', 'EN', '']) expect(pointers(await invite({ locale }))).toEqual(['#/locale']);
    });
    it('reports everything that is wrong at once', async () => {
      expect(pointers(await service.call('POST', '/v1/invitations', { email: 'x', role: 'y', locale: 'z', more: 1 }, asOwner())).sort()).toEqual(['#/email', '#/locale', '#/more', '#/role']);
    });
    it('never quotes a password', async () => {
      const answer = await service.call('POST', '/v1/invitations/accept', { token: 'x', displayName: '', password: 'hunter2-hunter2-hunter2', extra: 1 });
      expect(answer.text).not.toContain('hunter2');
    });
  });

  describe('queries', () => {
    it.each(['x=1', 'limit=1&limit=2', 'limit[]=1', 'limit=0', 'limit=201', 'limit=1.5', 'limit=-1', 'limit=1e2', 'limit=', 'count=1', 'sort=email', 'sort=', 'status=', 'status=gone', 'status=active,active', 'role=owner', 'twoFactor=yes', 'q=',
      '__proto__=1', 'toString=1', 'dryRun=true', `q=${'x'.repeat(201)}`])('GET /v1/users?%s', async (query) => {
      expect(pointers(await service.call('GET', `/v1/users?${query}`, undefined, asOwner()))).toEqual([`?${query.split('=')[0]}`]);
    });
    it.each(['/v1/me', '/v1/roles', '/v1/me/permissions', '/v1/users/:crew', '/v1/users/:crew/permissions', '/health/live', '/health/ready'])('GET %s takes none', async (template) => {
      expect(pointers(await service.call('GET', `${path(template)}?x=1`, undefined, asOwner()))).toEqual(['?x']);
    });
    it.each(['', '?module=jobs', '?level=read', '?module=garage&level=read', '?module=jobs&level=all', '?module=jobs&level=read&x=1'])('GET /v1/authorization%s', async (query) => {
      expect(pointers(await service.call('GET', `/v1/authorization${query}`, undefined, asOwner())).length).toBeGreaterThan(0);
    });
  });

  it.each([['DELETE', '/v1/users/:invited/invitation'], ['POST', '/v1/users/:invited/invitation/resend'], ['POST', '/v1/auth/sign-out'], ['DELETE', '/v1/me/sessions']])('%s %s takes no body', async (method, template) => {
    expect(pointers(await service.call(method, path(template), { x: 1 }, asOwner()))).toEqual(['#']);
  });

  it('an id that is none is no user', async () => {
    for (const id of ['1', 'me', 'null', crew.id.toUpperCase(), `${crew.id}x`, '00000000-0000-0000-0000-000000000000']) {
      expect(problemOf(await service.call('GET', `/v1/users/${id}`, undefined, asOwner()))).toBe('not-found');
    }
  });

  it('refuses a body nested deeper than a walk through it has stack for: it was a fault once', async () => {
    expect(pointers(await send('PATCH', '/v1/me', `{"displayName":${'['.repeat(20_000)}${']'.repeat(20_000)}}`))).toEqual(['#']);
    expect(pointers(await send('POST', '/v1/invitations', '['.repeat(5_000) + ']'.repeat(5_000)))).toEqual(['#']);
  });

  it('refuses null for a body: it once was an empty object', async () => {
    expect(pointers(await send('PATCH', '/v1/me', 'null'))).toEqual(['#']);
    expect(pointers(await send('POST', `/v1/users/${crew.id}/deactivate`, 'null'))).toEqual(['#']);
  });
});
