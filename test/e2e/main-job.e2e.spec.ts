import { business, expectStatus, member, PASSWORD, problemOf, Service, signIn, type Business, type Person } from './harness';

describe('the main job: a business invites, permits, deactivates', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;

  beforeAll(async () => {
    service = await Service.start({}, undefined, 'argon2');
    biz = await business(service);
    crew = await member(service, biz, 'crew', { name: 'Chai Crew' });
  });
  afterAll(() => service.dispose());

  const asOwner = () => ({ token: biz.owner.token });
  const asCrew = () => ({ token: crew.token });

  it('gives crew the levels of the matrix', async () => {
    const { body } = await service.call('GET', '/v1/me', undefined, asCrew());
    expect(body.permissions).toEqual({ customers: 'read', quotes: 'read', jobs: 'write', invoices: 'none', inventory: 'read', settings: 'none' });
  });

  it('an override bites at once and is explained', async () => {
    expect((await service.call('GET', '/v1/authorization?module=invoices&level=read', undefined, asCrew())).status).toBe(403);
    const changed = await service.call('PATCH', `/v1/users/${crew.id}/permissions`, { overrides: { invoices: 'read' }, reason: 'covers for billing' }, asOwner());
    expectStatus(changed, 200);
    expect(changed.body.modules.invoices).toEqual({
      level: 'read', default: 'none', override: 'read', source: 'override', since: expect.any(String), by: { id: biz.owner.id, displayName: 'Olive Owner' }, eventId: expect.any(String),
    });
    expect((await service.call('GET', '/v1/authorization?module=invoices&level=read', undefined, asCrew())).status).toBe(204);
    expect((await service.call('GET', '/v1/authorization?module=invoices&level=write', undefined, asCrew())).status).toBe(403);
  });

  it('the list shows a change at once', async () => {
    const { body } = await service.call('GET', '/v1/users?q=chai', undefined, asOwner());
    expect(body.items.map(({ id }: Person) => id)).toEqual([crew.id]);
  });

  it('a deactivated user is out from the very next request', async () => {
    expectStatus(await service.call('POST', `/v1/users/${crew.id}/deactivate`, { reason: 'left' }, asOwner()), 200);
    expect(problemOf(await service.call('GET', '/v1/me', undefined, asCrew()))).toBe('unauthenticated');
    expect(problemOf(await service.call('POST', '/v1/auth/refresh', { refreshToken: crew.refreshToken }))).toBe('unauthenticated');
    expect(problemOf(await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: crew.email, password: PASSWORD }))).toBe('invalid-credentials');
    expect((await service.call('GET', '/v1/users', undefined, asOwner())).body.items.map(({ id }: Person) => id)).not.toContain(crew.id);
    expect((await service.call('GET', '/v1/users?status=deactivated', undefined, asOwner())).body.items.map(({ id }: Person) => id)).toEqual([crew.id]);
  });

  it('a reactivated user is back with overrides; old sessions stay ended', async () => {
    const { body } = await service.call('POST', `/v1/users/${crew.id}/reactivate`, {}, asOwner());
    expect(body).toEqual(expect.objectContaining({ status: 'active', overrides: { invoices: 'read' } }));
    expect((await service.call('GET', '/v1/me', undefined, asCrew())).status).toBe(401);
    await signIn(service, biz.slug, crew.email);
  });

  it('everything is there after a restart', async () => {
    await service.restart();
    const { body } = await service.call('GET', `/v1/users/${crew.id}`, undefined, asOwner());
    expect(body).toEqual(expect.objectContaining({ displayName: 'Chai Crew', overrides: { invoices: 'read' } }));
  });
});
