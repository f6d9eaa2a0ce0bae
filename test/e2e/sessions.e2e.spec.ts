import { business, expectStatus, member, problemOf, Service, signIn, unique, type Business, type Person } from './harness';

describe('sessions over HTTP', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;

  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    crew = await member(service, biz, 'crew');
  });
  afterAll(() => service.dispose());

  const list = async (token: string, path = '/v1/me/sessions') => (await service.call('GET', path, undefined, { token })).body.items as { id: string; status: string; endedBy: unknown; current: boolean }[];

  it('lists status, device, address, start and last sight, newest first', async () => {
    const { body } = await service.call('GET', '/v1/me/sessions', undefined, { token: crew.token });
    expect(body).toEqual({
      items: [{
        id: crew.sessionId, status: 'active', device: 'Chrome on macOS', ip: expect.stringContaining('127.0.0.1'), startedAt: expect.any(String), lastSeenAt: expect.any(String),
        endedAt: null, endedBy: null, current: true,
      }],
      nextCursor: null,
    });
  });

  it('pages through many with cursors that hold for this list alone', async () => {
    await signIn(service, biz.slug, crew.email);
    const first = await service.call('GET', '/v1/me/sessions?limit=1', undefined, { token: crew.token });
    const second = await service.call('GET', `/v1/me/sessions?limit=1&cursor=${first.body.nextCursor}`, undefined, { token: crew.token });
    expect([first.body.items[0].id, second.body.items[0].id]).toEqual((await list(crew.token)).slice(0, 2).map(({ id }) => id));
    expect(problemOf(await service.call('GET', `/v1/users/${biz.owner.id}/sessions?cursor=${first.body.nextCursor}`, undefined, { token: biz.owner.token }))).toBe('invalid-cursor');
  });

  it('an ended session is refused from the very next request on, and says who ended it', async () => {
    const other = await signIn(service, biz.slug, crew.email);
    expectStatus(await service.call('DELETE', `/v1/users/${crew.id}/sessions/${other.sessionId}`, undefined, { token: biz.owner.token }), 204);
    expect(problemOf(await service.call('GET', '/v1/me', undefined, { token: other.token }))).toBe('unauthenticated');
    expect(problemOf(await service.call('POST', '/v1/auth/refresh', { refreshToken: other.refreshToken }))).toBe('unauthenticated');
    expect((await list(crew.token)).find(({ id }) => id === other.sessionId)).toEqual(expect.objectContaining({ status: 'ended', endedBy: { id: biz.owner.id, displayName: 'Olive Owner' } }));
  });

  it('ending all one\'s own keeps the current one', async () => {
    const other = await signIn(service, biz.slug, crew.email);
    const { body } = await service.call('DELETE', '/v1/me/sessions', undefined, { token: crew.token });
    expect(body.ended).toBeGreaterThanOrEqual(1);
    expect((await service.call('GET', '/v1/me', undefined, { token: other.token })).status).toBe(401);
    expect((await service.call('GET', '/v1/me', undefined, { token: crew.token })).status).toBe(200);
    expect((await list(crew.token)).filter(({ status }) => status === 'active').map(({ id }) => id)).toEqual([crew.sessionId]);
  });

  it('an administrator ends all of somebody; a dry run only counts them', async () => {
    const person = await member(service, biz, 'sales');
    const dry = await service.call('DELETE', `/v1/users/${person.id}/sessions?dryRun=true`, undefined, { token: biz.owner.token });
    expect(dry.body).toEqual({ dryRun: true, events: [{ type: 'SessionsRevoked', action: 'user.sessions-revoked', userId: person.id, changes: [] }], impact: { ended: 1 } });
    expect((await service.call('GET', '/v1/me', undefined, { token: person.token })).status).toBe(200);
    expect((await service.call('DELETE', `/v1/users/${person.id}/sessions`, undefined, { token: biz.owner.token })).body).toEqual({ ended: 1 });
    expect((await service.call('GET', '/v1/me', undefined, { token: person.token })).status).toBe(401);
  });

  it('refuses: another person\'s by crew, somebody\'s session under another\'s id, a session of another business', async () => {
    const stranger = await business(service, unique('other-'));
    expect(problemOf(await service.call('GET', `/v1/users/${biz.owner.id}/sessions`, undefined, { token: crew.token }))).toBe('forbidden');
    expect(problemOf(await service.call('DELETE', `/v1/users/${crew.id}/sessions/${biz.owner.sessionId}`, undefined, { token: biz.owner.token }))).toBe('not-found');
    expect(problemOf(await service.call('DELETE', `/v1/users/${crew.id}/sessions/${crew.sessionId}`, undefined, { token: stranger.owner.token }))).toBe('not-found');
    expect(problemOf(await service.call('DELETE', `/v1/me/sessions/${biz.owner.sessionId}`, undefined, { token: crew.token }))).toBe('not-found');
    expect((await service.call('GET', '/v1/me', undefined, { token: crew.token })).status).toBe(200);
  });
});
