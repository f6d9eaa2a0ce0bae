import { business, expectStatus, member, PASSWORD, problemOf, Service, TestClock, type Business } from './harness';

/** Moves when it is told to: what flows back while a slow machine asks must not decide a test. */
class StoppedClock extends TestClock {
  private at = Date.now();
  override now(): number { return this.at; }
  override shift(milliseconds: number): void { this.at += milliseconds; }
}

describe('what is dear', () => {
  let service: Service;
  let biz: Business;
  const ask = (path: string, token = biz.owner.token) => service.call('GET', path, undefined, { token });
  beforeAll(async () => {
    service = await Service.startEmbedded({ ROLEBOOK_DEAR_PER_MINUTE: '60' }, new StoppedClock());
    biz = await business(service);
  });
  afterAll(() => service.dispose());

  it('is limited by the person, in all of their sessions; what is not dear is not, and nobody else is', async () => {
    const auditor = await member(service, biz, 'crew', { overrides: { settings: 'read' } });
    for (let n = 0; n < 3; n++) expectStatus(await ask('/v1/audit/export?format=csv'), 200);
    const { body } = await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email: biz.owner.email, password: PASSWORD });
    for (const token of [biz.owner.token, body.accessToken as string]) {
      const refused = await ask('/v1/audit/export?format=csv', token);
      expect([problemOf(refused), refused.headers['retry-after']]).toEqual(['too-many-attempts', '20']);
    }
    expectStatus(await ask('/v1/users'), 200);
    expectStatus(await ask('/v1/me'), 200);
    expectStatus(await ask('/v1/audit/export?format=csv', auditor.token), 200);
  });

  it('can be done again when it was said to be, and is weighed: a page of the audit log is a twentieth of an export', async () => {
    service.clock.shift(20_000);
    for (let n = 0; n < 20; n++) expectStatus(await ask('/v1/audit'), 200);
    expect(problemOf(await ask('/v1/audit'))).toBe('too-many-attempts');
    for (const path of ['/v1/audit/checkpoint', '/v1/access?module=jobs&level=read', `/v1/users/${biz.owner.id}/history`, '/v1/audit/stream', '/v1/audit/proofs/consistency?from=0']) expect(problemOf(await ask(path))).toBe('too-many-attempts');
    expect(problemOf(await service.call('PUT', '/v1/me/avatar', Buffer.from('x'), { token: biz.owner.token, headers: { 'content-type': 'image/png' } }))).toBe('too-many-attempts');
  });

  it('is asked of somebody signed in alone: who is not is told so first', async () => {
    expect(problemOf(await service.call('GET', '/v1/audit/export?format=csv'))).toBe('unauthenticated');
  });

  it('has no limit where 0 is configured', async () => {
    const open = await Service.start({ ROLEBOOK_DEAR_PER_MINUTE: '0' });
    const { owner } = await business(open);
    for (let n = 0; n < 70; n++) expectStatus(await open.call('GET', '/v1/audit/export?format=csv', undefined, { token: owner.token }), 200);
    await open.dispose();
  });
});
