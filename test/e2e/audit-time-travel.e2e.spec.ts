import { business, expectStatus, invited, member, problemOf, Service, type Answer, type Business, type Person } from './harness';

describe('the past', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  const get = (path: string, token = biz.owner.token): Promise<Answer> => service.call('GET', path, undefined, { token });
  const change = async (method: string, path: string, body: object) => expectStatus(await service.call(method, path, body, { token: biz.owner.token }), 200);
  /** A moment after everything that has happened, and before all that will. */
  const moment = async (): Promise<string> => {
    const at = new Date(service.clock.now()).toISOString();
    service.clock.shift(5);
    return at;
  };

  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    await moment();
    crew = await member(service, biz, 'crew', { name: 'Chai Crew' });
  });
  afterAll(() => service.dispose());

  it('shows a user, and a list of users, as they were at a moment', async () => {
    const before = await moment();
    const then = { user: (await get(`/v1/users/${crew.id}`)).body, list: (await get('/v1/users?q=chai')).body.items };
    await change('PATCH', `/v1/users/${crew.id}`, { displayName: 'Chai Changed' });
    await change('PUT', `/v1/users/${crew.id}/role`, { role: 'sales' });
    await change('POST', `/v1/users/${crew.id}/deactivate`, {});
    await moment();

    const lastSignIn = (await get(`/v1/users/${crew.id}?at=${before}`)).body.lastSeenAt;
    expect(lastSignIn).toMatch(/Z$/);
    expect((await get(`/v1/users/${crew.id}?at=${before}`)).body).toEqual({ ...then.user, lastSeenAt: lastSignIn });
    expect((await get(`/v1/users?q=chai&at=${before}`)).body.items).toEqual(then.list.map((user: object) => ({ ...user, lastSeenAt: lastSignIn })));
    expect((await get(`/v1/users?status=deactivated&at=${before}`)).body.items).toEqual([]);
    expect((await get(`/v1/users?at=${before}&count=true`)).body.total).toBe(2);
    expect((await get(`/v1/users?sort=-lastSeenAt&at=${before}`)).body.items.map(({ id }: { id: string }) => id)).toEqual([crew.id, biz.owner.id]);
    expect((await get('/v1/users?status=deactivated')).body.items.map(({ displayName }: { displayName: string }) => displayName)).toEqual(['Chai Changed']);
    await change('POST', `/v1/users/${crew.id}/reactivate`, {});
  });

  it('pages through the past as through the present', async () => {
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => invited(service, biz, 'crew', { displayName: `Person ${name}` })));
    const at = await moment();
    await invited(service, biz, 'crew', { displayName: 'Person bb' });
    const names: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await get(`/v1/users?q=person&limit=2&at=${at}${cursor}`);
      names.push(...body.items.map(({ displayName }: { displayName: string }) => displayName));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
    }
    expect(names).toEqual(['Person a', 'Person b', 'Person c', 'Person d', 'Person e']);
  });

  it('an invitation that has expired since was open then', async () => {
    const { id } = await invited(service, biz, 'crew');
    const at = await moment();
    service.clock.shift(8 * 24 * 3600_000);
    biz = { ...biz, owner: { ...biz.owner, token: (await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: biz.owner.email, password: 'correct horse battery staple 42' })).body.accessToken } };
    expect((await get(`/v1/users/${id}`)).body.status).toBe('invitation-expired');
    expect((await get(`/v1/users/${id}?at=${at}`)).body.status).toBe('invited');
  });

  describe('who could do what', () => {
    let other: Business;
    let clerk: Person;
    const ask = async (query: string) => (await get(`/v1/access?${query}`, other.owner.token)).body.items as { user: { id: string }; source: string; level: string; since: string; by: { displayName: string }; eventId: string }[];

    beforeAll(async () => {
      other = await business(service);
      clerk = await member(service, other, 'billing', { name: 'Bea Billing' });
    });

    it('names everybody with the level, and why', async () => {
      const items = await ask('module=invoices&level=manage');
      expect(items).toEqual([
        { user: { id: clerk.id, displayName: 'Bea Billing' }, level: 'manage', source: 'role', since: expect.any(String), by: { id: other.owner.id, displayName: 'Olive Owner' }, eventId: expect.any(String) },
        { user: { id: other.owner.id, displayName: 'Olive Owner' }, level: 'manage', source: 'role', since: expect.any(String), by: { id: other.owner.id, displayName: 'Olive Owner' }, eventId: expect.any(String) },
      ]);
      const invitation = (await get(`/v1/audit?action=user.invited&user=${clerk.id}`, other.owner.token)).body.items[0];
      expect(items[0]).toEqual(expect.objectContaining({ eventId: invitation.id, since: invitation.at }));
    });

    it('follows an override, and knows what was before it', async () => {
      const before = await moment();
      expectStatus(await service.call('PATCH', `/v1/users/${clerk.id}/permissions`, { overrides: { jobs: 'manage', invoices: 'none' } }, { token: other.owner.token }), 200);
      expect((await ask('module=invoices&level=manage')).map(({ user }) => user.id)).toEqual([other.owner.id]);
      expect((await ask('module=jobs&level=write')).map(({ user, source }) => [user.id, source])).toEqual([[clerk.id, 'override'], [other.owner.id, 'role']]);
      await moment();
      expect((await ask(`module=invoices&level=manage&at=${before}`)).map(({ user }) => user.id)).toEqual([clerk.id, other.owner.id]);
      expect((await ask(`module=jobs&level=write&at=${before}`)).map(({ user }) => user.id)).toEqual([other.owner.id]);
      const why = (await get(`/v1/users/${clerk.id}/permissions?at=${before}`, other.owner.token)).body.modules;
      expect([why.jobs.level, why.jobs.source, why.invoices.level]).toEqual(['read', 'role', 'manage']);
    });

    it('needs a module and a level that can be held', async () => {
      for (const query of ['module=jobs', 'level=read', 'module=jobs&level=none', 'module=yachts&level=read']) expect(problemOf(await get(`/v1/access?${query}`, other.owner.token))).toBe('validation');
    });

    it('a history tells what happened to a user, with the user after it', async () => {
      const { body } = await get(`/v1/users/${clerk.id}/history`, other.owner.token);
      const told = body.items.map(({ action, after }: { action: string; after: { status: string; displayName: string | null; permissions: { jobs: string } } | null }) => [action, after && after.status, after && after.displayName, after && after.permissions.jobs]);
      expect(told).toEqual(expect.arrayContaining([
        ['email.reserved', null, null, null],
        ['user.invited', 'invited', null, 'read'],
        ['user.invitation-accepted', 'active', 'Bea Billing', 'read'],
        ['user.permission-overridden', 'active', 'Bea Billing', 'manage'],
      ]));
      expect(body.items.at(-1).after).toEqual({ ...(await get(`/v1/users/${clerk.id}`, other.owner.token)).body, lastSeenAt: expect.any(String) });
      expect(problemOf(await get(`/v1/users/${crew.id}/history`, other.owner.token))).toBe('not-found');
    });

    it('there was nothing before the business was', async () => {
      const dawn = '2020-01-01T00:00:00.000Z';
      expect((await get(`/v1/users?at=${dawn}&count=true`, other.owner.token)).body).toEqual({ items: [], nextCursor: null, total: 0 });
      expect(await ask(`module=jobs&level=read&at=${dawn}`)).toEqual([]);
      expect(problemOf(await get(`/v1/users/${clerk.id}?at=${dawn}`, other.owner.token))).toBe('not-found');
      expect(problemOf(await get(`/v1/users/${clerk.id}/permissions?at=${dawn}`, other.owner.token))).toBe('not-found');
    });

    it('knows nothing of the future', async () => {
      const ahead = new Date(service.clock.now() + 60_000).toISOString();
      for (const path of ['/v1/users?', `/v1/users/${clerk.id}?`, `/v1/users/${clerk.id}/permissions?`, '/v1/access?module=jobs&level=read&']) {
        expect(problemOf(await get(`${path}at=${ahead}`, other.owner.token))).toBe('future-moment');
        expect(problemOf(await get(`${path}at=noon`, other.owner.token))).toBe('validation');
      }
    });
  });
});
