import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, type Business, type Person } from './harness';
import { codeOf, enrol } from './totp';

describe('the two-factor policy of a business', () => {
  let service: Service;
  beforeAll(async () => { service = await Service.start(); });
  afterAll(() => service.dispose());

  const set = (who: Person, policy: unknown, query = '') => service.call('PUT', `/v1/settings/two-factor${query}`, { policy }, { token: who.token });
  const get = (who: Person) => service.call('GET', '/v1/settings/two-factor', undefined, { token: who.token });
  /** What an open session gets for something everybody may do. */
  const stateOf = async ({ token }: Pick<Person, 'token'>): Promise<string> => {
    const answer = await service.call('GET', '/v1/me', undefined, { token });
    return answer.status === 200 ? 'in' : problemOf(answer);
  };
  /** A business whose owner has enrolled, with somebody of each kind. */
  const staffed = async () => {
    const made = await business(service);
    const owner = await enrol(service, made.owner);
    const shop: Business = { ...made, owner };
    const [admin, crew, granted] = [await member(service, shop, 'admin', { name: 'Adam' }), await member(service, shop, 'crew', { name: 'Carl' }), await member(service, shop, 'sales', { name: 'Gina', overrides: { settings: 'write' } })];
    return { shop, owner, admin, crew, granted };
  };

  it('is off at first; every level from read on sees it, write sets it', async () => {
    const { owner, admin, crew } = await staffed();
    expect((await get(owner)).body).toEqual({ policy: 'off' });
    expect(problemOf(await get(crew))).toBe('forbidden');
    expect(problemOf(await set(crew, 'everyone'))).toBe('forbidden');
    expect((await set(admin, 'off')).body).toEqual({ policy: 'off' });
    for (const wrong of ['on', '', null, 1, undefined]) expect(problemOf(await set(owner, wrong))).toBe('validation');
  });

  it('says beforehand whom it would hit, and does nothing', async () => {
    const { shop, owner, admin, crew, granted } = await staffed();
    await invited(service, shop, 'crew'); // not there yet: enrols at the first sign-in
    const named = (...people: [Person, string][]) => ({ count: people.length, users: people.map(([{ id }, displayName]) => ({ id, displayName })) });
    const everyone = await set(owner, 'everyone', '?dryRun=true');
    expect(everyone.body).toEqual({
      dryRun: true, impact: { mustEnrol: named([admin, 'Adam'], [crew, 'Carl'], [granted, 'Gina']) },
      events: [{ type: 'TwoFactorPolicyChanged', action: 'settings.two-factor-policy-changed', userId: null, changes: [{ field: 'twoFactorPolicy', from: 'off', to: 'everyone' }] }],
    });
    expect((await set(owner, 'admins', '?dryRun=true')).body.impact).toEqual({ mustEnrol: named([admin, 'Adam'], [granted, 'Gina']) });
    expect((await set(owner, 'off', '?dryRun=true')).body).toEqual({ dryRun: true, events: [], impact: { mustEnrol: { count: 0, users: [] } } });
    expect((await get(owner)).body).toEqual({ policy: 'off' });
    expect(await stateOf(admin)).toBe('in');
  });

  it('bites in open sessions from the very next request on', async () => {
    const { owner, admin, crew, granted } = await staffed();
    for (const person of [owner, admin, crew, granted]) expect(await stateOf(person)).toBe('in');
    expectStatus(await set(owner, 'admins'), 200);
    expect(await Promise.all([owner, admin, crew, granted].map(stateOf))).toEqual(['in', 'two-factor-enrolment-required', 'in', 'two-factor-enrolment-required']);
    expectStatus(await set(owner, 'everyone'), 200);
    expect(await stateOf(crew)).toBe('two-factor-enrolment-required');
    expectStatus(await set(owner, 'off'), 200);
    for (const person of [admin, crew, granted]) expect(await stateOf(person)).toBe('in');
  });

  it('leaves nothing to do but to enrol and to sign out', async () => {
    const { owner, admin, crew } = await staffed();
    expectStatus(await set(owner, 'everyone'), 200);
    const tries: [string, string, object?][] = [
      ['GET', '/v1/me'], ['PATCH', '/v1/me', { displayName: 'X' }], ['GET', '/v1/me/permissions'], ['GET', '/v1/me/sessions'], ['DELETE', '/v1/me/sessions'],
      ['POST', '/v1/me/password', { currentPassword: PASSWORD, newPassword: 'another long sentence 17' }], ['DELETE', '/v1/me/two-factor', { password: PASSWORD, code: '123456' }],
      ['POST', '/v1/me/two-factor/recovery-codes', { code: '123456' }], ['GET', '/v1/users'], ['GET', `/v1/users/${owner.id}`], ['POST', '/v1/invitations', { email: 'a@b.example', role: 'crew' }],
      ['GET', '/v1/roles'], ['GET', '/v1/settings/two-factor'], ['PUT', '/v1/settings/two-factor', { policy: 'off' }], ['GET', '/v1/authorization?module=jobs&level=read'],
      ['POST', `/v1/users/${crew.id}/two-factor/reset`, {}], ['GET', '/v1/audit'],
    ];
    for (const [method, path, body] of tries) {
      const answer = await service.call(method, path, body, { token: admin.token });
      expect({ path, status: answer.status, problem: problemOf(answer) }).toEqual({ path, status: 403, problem: 'two-factor-enrolment-required' });
    }
    expectStatus(await service.call('POST', '/v1/me/two-factor/enrolment', undefined, { token: admin.token }), 200);
    expectStatus(await service.call('POST', '/v1/auth/sign-out', undefined, { token: crew.token }), 204);
    expect(await stateOf(crew)).toBe('unauthenticated');
  });

  it('lets somebody back in who has enrolled, with the token that the enrolment gives', async () => {
    const { owner, admin } = await staffed();
    expectStatus(await set(owner, 'everyone'), 200);
    const enrolled = await enrol(service, admin);
    expect(enrolled.answer.body).toEqual({ recoveryCodes: expect.any(Array), accessToken: expect.any(String), expiresIn: 300 });
    expect(await stateOf(enrolled)).toBe('in');
    expect((await service.call('GET', `/v1/users/${admin.id}`, undefined, { token: (await refreshed(service, owner)).token })).body.twoFactor).toEqual({ enabled: true, required: true, enabledAt: expect.any(String) });
  });

  it('hands out a token for enrolling alone at sign-in and at refresh, and that token never becomes more', async () => {
    const { shop, owner, crew } = await staffed();
    expectStatus(await set(owner, 'everyone'), 200);
    const signedIn = await service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email: crew.email, password: PASSWORD });
    expect(signedIn.body).toEqual(expect.objectContaining({ status: 'two-factor-enrolment-required', accessToken: expect.any(String), refreshToken: expect.any(String), sessionId: expect.any(String) }));
    const renewed = await service.call('POST', '/v1/auth/refresh', { refreshToken: crew.refreshToken });
    expect(renewed.body.status).toBe('two-factor-enrolment-required');
    const token = signedIn.body.accessToken as string;
    expect(await stateOf({ token })).toBe('two-factor-enrolment-required');
    const { answer } = await enrol(service, { ...crew, token });
    expect(await stateOf({ token })).toBe('two-factor-enrolment-required');
    expect(await stateOf({ token: answer.body.accessToken })).toBe('in');
    const again = await service.call('POST', '/v1/auth/refresh', { refreshToken: signedIn.body.refreshToken });
    expect(again.body.status).toBe('signed-in');
    expect(await stateOf({ token: again.body.accessToken })).toBe('in');
  });

  it('reaches somebody at the moment they become an administrator, by role or by override, and lets go of them after', async () => {
    const { owner, crew } = await staffed();
    expectStatus(await set(owner, 'admins'), 200);
    const change = (method: string, path: string, body: object) => service.call(method, `/v1/users/${crew.id}/${path}`, body, { token: owner.token });
    expectStatus(await change('PUT', 'role', { role: 'admin' }), 200);
    expect(await stateOf(crew)).toBe('two-factor-enrolment-required');
    expectStatus(await change('PUT', 'role', { role: 'crew' }), 200);
    expect(await stateOf(crew)).toBe('in');
    expectStatus(await change('PATCH', 'permissions', { overrides: { settings: 'write' } }), 200);
    expect(await stateOf(crew)).toBe('two-factor-enrolment-required');
    expectStatus(await change('PATCH', 'permissions', { overrides: { settings: null } }), 200);
    expect(await stateOf(crew)).toBe('in');
  });

  it('can be switched off for oneself by nobody it requires it of', async () => {
    const { owner, crew } = await staffed();
    const other = await enrol(service, crew);
    const fresh = await refreshed(service, owner);
    expectStatus(await set(fresh, 'admins'), 200);
    const off = (who: Person, secret: string) => service.call('DELETE', '/v1/me/two-factor', { password: PASSWORD, code: codeOf(service, secret) }, { token: who.token });
    const refused = await off(fresh, owner.secret);
    expect({ status: refused.status, problem: problemOf(refused) }).toEqual({ status: 409, problem: 'two-factor-required' });
    expectStatus(await off(other, other.secret), 204); // not required of crew under `admins`
    expect((await service.call('GET', '/v1/me', undefined, { token: fresh.token })).body.twoFactor).toEqual({ enabled: true, required: true, enabledAt: expect.any(String) });
  });

  it('holds for passwords: fifteen characters alone, eight where two-factor is required', async () => {
    const { shop, owner } = await staffed();
    const accept = async (password: string) => {
      const { email } = await invited(service, shop, 'crew');
      return service.call('POST', '/v1/invitations/accept', { token: (await service.mailTo(email)).token, displayName: 'New', password });
    };
    expect(problemOf(await accept('m4ngo tree 9xy'))).toBe('validation');
    expectStatus(await accept('m4ngo tree 9xyz'), 201);
    expectStatus(await set(owner, 'everyone'), 200);
    expect(problemOf(await accept('m4ng0 9'))).toBe('validation');
    expectStatus(await accept('m4ng0 9x'), 201);
  });

  it('stands in the audit log with who and what', async () => {
    const { shop, owner } = await staffed();
    await set(owner, 'everyone');
    await set(owner, 'everyone'); // no change, no event
    const history = await service.installation.streams.history(`business-${shop.id}`);
    const changes = history.filter(({ event }) => event.type === 'TwoFactorPolicyChanged');
    expect(changes.map(({ event, metadata }) => [event.data, metadata.actor])).toEqual([[{ from: 'off', to: 'everyone' }, { type: 'user', id: owner.id }]]);
  });
});

/** Somebody with a new access token: they live five minutes, and the clock is moved on here. */
async function refreshed(service: Service, person: Person): Promise<Person> {
  const { body } = await service.call('POST', '/v1/auth/refresh', { refreshToken: person.refreshToken });
  return { ...person, token: body.accessToken, refreshToken: body.refreshToken };
}
