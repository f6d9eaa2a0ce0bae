import { business, expectStatus, invited, member, PASSWORD, Service, signIn, type Answer, type Business, type Person } from './harness';

const NEVER = '01890000-0000-7000-8000-000000000000';
const JUST_NOW = new Date().toISOString();

describe('two businesses know nothing of each other', () => {
  let service: Service;
  let ours: Business;
  let theirs: Business;
  let member_: Person;
  let open: { id: string; email: string };
  beforeAll(async () => {
    service = await Service.start();
    ours = await business(service);
    theirs = await business(service);
    member_ = await member(service, theirs, 'crew');
    open = await invited(service, theirs, 'crew');
  });
  afterAll(() => service.dispose());

  const asOwner = () => ({ token: ours.owner.token });
  /** All that a caller can tell answers apart by. */
  const face = ({ status, body, headers }: Answer) => ({ status, body: { ...body, requestId: '' }, headers: Object.keys(headers).filter((name) => name !== 'date').sort(), length: headers['content-length'] });

  const ROUTES: readonly (readonly [method: string, end: string, body: unknown])[] = [
    ['GET', '', undefined], ['GET', '/permissions', undefined], ['GET', '/sessions', undefined], ['GET', '/avatar', undefined], ['PATCH', '', { displayName: 'Ours Now' }], ['PUT', '/role', { role: 'admin' }], ['PATCH', '/permissions', { overrides: { jobs: 'manage' } }],
    ['POST', '/deactivate', {}], ['POST', '/reactivate', {}], ['DELETE', '/sessions', undefined], ['DELETE', `/sessions/${NEVER}`, undefined], ['DELETE', '/avatar', undefined], ['POST', '/invitation/resend', undefined], ['DELETE', '/invitation', undefined],
    ['GET', '/history', undefined], ['GET', '?at=JUST_NOW', undefined], ['GET', '/permissions?at=JUST_NOW', undefined], ['POST', '/erase', { email: 'somebody@there.example' }],
    ['POST', '/two-factor/reset', { identityVerification: { channel: 'phone', spokeWith: 'Somebody', at: JUST_NOW } }],
  ];
  it.each(ROUTES)('%s /v1/users/{id}%s answers for a person of another business as for an id that never was', async (method, pattern, body) => {
    const end = pattern.replace('JUST_NOW', JUST_NOW);
    const never = await service.call(method, `/v1/users/${NEVER}${end}`, body, asOwner());
    expect(never.status).toBe(404);
    for (const id of [member_.id, open.id, theirs.owner.id]) expect(face(await service.call(method, `/v1/users/${id}${end}`, body, asOwner()))).toEqual(face(never));
  });

  it('a session of another business is no session here', async () => {
    const never = await service.call('DELETE', `/v1/me/sessions/${NEVER}`, undefined, asOwner());
    expect(face(await service.call('DELETE', `/v1/me/sessions/${member_.sessionId}`, undefined, asOwner()))).toEqual(face(never));
    expect(face(await service.call('DELETE', `/v1/users/${ours.owner.id}/sessions/${member_.sessionId}`, undefined, asOwner()))).toEqual(face(await service.call('DELETE', `/v1/users/${ours.owner.id}/sessions/${NEVER}`, undefined, asOwner())));
    expectStatus(await service.call('GET', '/v1/me', undefined, { token: member_.token }), 200);
  });

  it('their audit log is reached by no filter, proof, place in the stream, and no export', async () => {
    const entry = (await service.call('GET', '/v1/audit', undefined, { token: theirs.owner.token })).body.items[0].id as string;
    for (const filter of [`user=${member_.id}`, `actor=${theirs.owner.id}`]) expect((await service.call('GET', `/v1/audit?count=true&${filter}`, undefined, asOwner())).body).toEqual({ items: [], nextCursor: null, total: 0 });
    for (const [path, query, headers] of [['proofs/inclusion', '?entry=ENTRY', {}], ['stream', '', { 'last-event-id': 'ENTRY' }]] as const) {
      const ask = (id: string) => service.call('GET', `/v1/audit/${path}${query.replace('ENTRY', id)}`, undefined, { ...asOwner(), headers: Object.fromEntries(Object.keys(headers).map((name) => [name, id])) });
      const answer = await ask(entry);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(face(answer)).toEqual(face(await ask(NEVER)));
    }
    const whole = (await service.call('GET', '/v1/audit/export?format=csv', undefined, asOwner())).text;
    expect([theirs.slug, theirs.owner.email, member_.email, open.email].filter((text) => whole.includes(text))).toEqual([]);
    expect((await service.call('GET', '/v1/access?module=jobs&level=read', undefined, asOwner())).body.items.map(({ user }: { user: { id: string } }) => user.id)).toEqual([ours.owner.id]);
  });

  it('nothing of it was done', async () => {
    expect((await service.call('GET', `/v1/users/${member_.id}`, undefined, { token: theirs.owner.token })).body).toMatchObject({ displayName: 'crew person', role: 'crew', status: 'active', revision: 1 });
    expect((await service.call('GET', `/v1/users/${open.id}`, undefined, { token: theirs.owner.token })).body).toMatchObject({ status: 'invited', revision: 0 });
  });

  it('lists, searches and counts show the own people alone', async () => {
    for (const query of ['', '?status=invited,active,deactivated', '?q=crew', '?q=owner', `?q=${encodeURIComponent(member_.email)}`, '?sort=-createdAt']) {
      const { items } = (await service.call('GET', `/v1/users${query}${query ? '&' : '?'}count=true`, undefined, asOwner())).body as { items: { id: string }[] };
      expect(items.map(({ id }) => id).filter((id) => id !== ours.owner.id)).toEqual([]);
    }
  });

  it('a cursor of one business is worth nothing in another', async () => {
    const { nextCursor } = (await service.call('GET', '/v1/users?limit=1', undefined, { token: theirs.owner.token })).body as { nextCursor: string };
    const answer = await service.call('GET', `/v1/users?limit=1&cursor=${nextCursor}`, undefined, asOwner());
    expect([answer.status, answer.body.items]).toEqual([400, undefined]);
  });

  describe('one address in both', () => {
    it('is invited in each, and works for each alone', async () => {
      const { email } = member_;
      const here = await service.call('POST', '/v1/invitations', { email: email.toUpperCase(), role: 'admin' }, asOwner());
      expectStatus(here, 201);
      const { token } = await service.mailTo(email, 1);
      expectStatus(await service.call('POST', '/v1/invitations/accept', { token, displayName: 'The Same', password: `${PASSWORD} here` }), 201);
      const [there, at] = [await signIn(service, theirs.slug, email), await signIn(service, ours.slug, email, '', `${PASSWORD} here`)];
      expect((await service.call('GET', '/v1/me', undefined, { token: there.token })).body).toMatchObject({ id: member_.id, role: 'crew' });
      expect((await service.call('GET', '/v1/me', undefined, { token: at.token })).body).toMatchObject({ id: here.body.id, role: 'admin' });
    });

    it('a password of one opens nothing in the other', async () => {
      const wrong = await service.call('POST', '/v1/auth/sign-in', { business: theirs.slug, email: member_.email, password: `${PASSWORD} here` });
      const unknown = await service.call('POST', '/v1/auth/sign-in', { business: theirs.slug, email: 'nobody@nowhere.example', password: PASSWORD });
      const nowhere = await service.call('POST', '/v1/auth/sign-in', { business: 'no-such-business', email: member_.email, password: PASSWORD });
      expect(wrong.status).toBe(401);
      expect(face(unknown)).toEqual(face(wrong));
      expect(face(nowhere)).toEqual(face(wrong));
    });

    it('deactivated in one, it still works in the other', async () => {
      expectStatus(await service.call('POST', `/v1/users/${member_.id}/deactivate`, {}, { token: theirs.owner.token }), 200);
      expect((await service.call('POST', '/v1/auth/sign-in', { business: theirs.slug, email: member_.email, password: PASSWORD })).status).toBe(401);
      await signIn(service, ours.slug, member_.email, '', `${PASSWORD} here`);
    });
  });

  it('the same Idempotency-Key in two businesses is two keys', async () => {
    const body = { email: 'key@shared.example', role: 'crew' };
    const headers = { 'idempotency-key': 'the-same-key' };
    const [a, b] = [await service.call('POST', '/v1/invitations', body, { ...asOwner(), headers }), await service.call('POST', '/v1/invitations', body, { token: theirs.owner.token, headers })];
    expect([a.status, b.status, a.body.id === b.body.id]).toEqual([201, 201, false]);
  });
});
