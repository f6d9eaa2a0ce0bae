import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, signIn, type Business, type Person } from './harness';
import { challengeOf, codeOf, enrol } from './totp';

const HOUR = 3600_000;

describe('resetting two-factor by an administrator', () => {
  let service: Service;
  let shop: Business;
  let admin: Person;
  beforeAll(async () => {
    service = await Service.start();
    shop = await business(service);
    admin = await member(service, shop, 'admin', { name: 'Adam Admin' });
  });
  afterAll(() => service.dispose());

  const at = (ago = 10 * 60_000) => new Date(service.clock.now() - ago).toISOString();
  const statement = (over: object = {}) => ({ identityVerification: { channel: 'phone', spokeWith: 'Anna Member', at: at(), note: 'Lost her phone.', ...over } });
  const again = (who: Person) => signIn(service, shop.slug, who.email, who.id);
  const reset = async (by: Person, id: string, body: object = statement(), query = '') => service.call('POST', `/v1/users/${id}/two-factor/reset${query}`, body, { token: (await again(by)).token });
  const anna = async (role = 'crew') => enrol(service, await member(service, { ...shop, owner: await again(shop.owner) }, role));

  it('takes authenticator and recovery codes, ends every session, tells the person and stands in the audit log', async () => {
    const person = await anna();
    const second = await service.call('POST', '/v1/auth/two-factor', { challenge: await challengeOf(service, shop.slug, person.email), code: codeOf(service, person.secret) });
    const halfway = await challengeOf(service, shop.slug, person.email);
    const done = await reset(admin, person.id);
    expectStatus(done, 200);
    expect(done.body).toEqual(expect.objectContaining({ id: person.id, twoFactor: { enabled: false, required: false, enabledAt: null } }));

    for (const token of [person.token, second.body.accessToken]) expect(problemOf(await service.call('GET', '/v1/me', undefined, { token }))).toBe('unauthenticated');
    for (const refreshToken of [person.refreshToken, second.body.refreshToken]) expect(problemOf(await service.call('POST', '/v1/auth/refresh', { refreshToken }))).toBe('unauthenticated');
    service.clock.shift(60_000);
    for (const given of [{ code: codeOf(service, person.secret) }, { recoveryCode: person.recoveryCodes[0] }]) expect(problemOf(await service.call('POST', '/v1/auth/two-factor', { challenge: halfway, ...given }))).toBe('invalid-code');
    const sessions = await service.call('GET', `/v1/users/${person.id}/sessions`, undefined, { token: (await again(admin)).token });
    expect(sessions.body.items.map(({ status, endedBy }: { status: string; endedBy: { id: string } }) => [status, endedBy.id])).toEqual([['ended', admin.id], ['ended', admin.id]]);

    const mail = await service.mailTo(person.email, 2);
    expect(mail.subject).toMatch(/^Two-factor authentication was reset/);
    expect(mail.text).toMatch(/Adam Admin/);
    const history = await service.installation.streams.history(`two-factor-${shop.id}-${person.id}`);
    expect(history.at(-1)).toEqual(expect.objectContaining({
      event: { type: 'TwoFactorReset', data: { userId: person.id, channel: 'phone', spokeWith: 'Anna Member', verifiedAt: expect.any(String), note: 'Lost her phone.' } },
      metadata: expect.objectContaining({ actor: { type: 'user', id: admin.id } }),
    }));
    expect((await service.call('POST', '/v1/auth/sign-in', { business: shop.slug, email: person.email, password: PASSWORD })).body.status).toBe('signed-in');
  });

  it('lets the person enrol anew, with another secret; the old one is worth nothing', async () => {
    const person = await anna();
    expectStatus(await reset(admin, person.id), 200);
    const renewed = await enrol(service, await again(person));
    expect(renewed.secret).not.toBe(person.secret);
    const challenge = await challengeOf(service, shop.slug, person.email);
    if (codeOf(service, person.secret) !== codeOf(service, renewed.secret)) {
      expect(problemOf(await service.call('POST', '/v1/auth/two-factor', { challenge, code: codeOf(service, person.secret) }))).toBe('invalid-code');
    }
    expect(problemOf(await service.call('POST', '/v1/auth/two-factor', { challenge, recoveryCode: person.recoveryCodes[0] }))).toBe('invalid-code');
    expectStatus(await service.call('POST', '/v1/auth/two-factor', { challenge, code: codeOf(service, renewed.secret) }), 200);
  });

  describe('needs a statement that the identity was verified by phone or video', () => {
    let person: Person;
    beforeAll(async () => { person = await anna(); });
    const future = () => new Date(service.clock.now() + 5 * 60_000).toISOString();
    it.each<[string, () => object, string]>([
      ['none', () => ({}), '#/identityVerification'], ['null', () => ({ identityVerification: null }), '#/identityVerification'], ['a text', () => ({ identityVerification: 'phone' }), '#/identityVerification'],
      ['a list', () => ({ identityVerification: [statement().identityVerification] }), '#/identityVerification'],
      ['e-mail', () => statement({ channel: 'email' }), '#/identityVerification/channel'], ['another channel', () => statement({ channel: 'chat' }), '#/identityVerification/channel'],
      ['a list of channels', () => statement({ channel: ['phone'] }), '#/identityVerification/channel'], ['no channel', () => statement({ channel: undefined }), '#/identityVerification/channel'],
      ['nobody spoken to', () => statement({ spokeWith: undefined }), '#/identityVerification/spokeWith'], ['an empty name', () => statement({ spokeWith: '  ' }), '#/identityVerification/spokeWith'],
      ['an invisible name', () => statement({ spokeWith: '\u200b' }), '#/identityVerification/spokeWith'],
      ['no moment', () => statement({ at: undefined }), '#/identityVerification/at'], ['a moment that is none', () => statement({ at: 'yesterday' }), '#/identityVerification/at'],
      ['a moment as a number', () => statement({ at: service.clock.now() }), '#/identityVerification/at'], ['a day that never was', () => statement({ at: '2026-02-30T10:00:00Z' }), '#/identityVerification/at'],
      ['a moment without a zone', () => statement({ at: at().replace('Z', '') }), '#/identityVerification/at'],
      ['a moment to come', () => statement({ at: future() }), '#/identityVerification/at'], ['a moment too long ago', () => statement({ at: at(72 * HOUR + 60_000) }), '#/identityVerification/at'],
      ['a note beyond measure', () => statement({ note: 'x'.repeat(501) }), '#/identityVerification/note'], ['a field nobody knows', () => statement({ email: 'a@b.example' }), '#/identityVerification/email'],
    ])('and not with %s', async (_what, body, pointer) => {
      const answer = await reset(shop.owner, person.id, body());
      expect({ status: answer.status, problem: problemOf(answer), pointers: answer.body.errors.map((error: { pointer: string }) => error.pointer) }).toEqual({ status: 400, problem: 'validation', pointers: [pointer] });
    });

    it('and then it goes through: by video, without a note, in another time zone', async () => {
      const local = new Date(service.clock.now() - HOUR + 7 * HOUR).toISOString().replace('Z', '+07:00');
      expectStatus(await reset(shop.owner, person.id, { identityVerification: { channel: 'video', spokeWith: 'Anna', at: local } }), 200);
    });
  });

  describe('is refused', () => {
    it('of oneself', async () => {
      const owner = await enrol(service, (await business(service)).owner);
      const answer = await service.call('POST', `/v1/users/${owner.id}/two-factor/reset`, statement(), { token: owner.token });
      expect({ status: answer.status, problem: problemOf(answer) }).toEqual({ status: 403, problem: 'forbidden' });
      expect((await service.call('GET', '/v1/me', undefined, { token: owner.token })).body.twoFactor.enabled).toBe(true);
    });

    it('to whoever has no authority over the person', async () => {
      const other = await anna('admin');
      expect(problemOf(await reset(admin, other.id))).toBe('forbidden');
      const crew = await member(service, { ...shop, owner: await again(shop.owner) }, 'crew');
      expect(problemOf(await reset(crew, other.id))).toBe('forbidden');
      const auditor = await member(service, { ...shop, owner: await again(shop.owner) }, 'crew', { overrides: { settings: 'read' } });
      expect(problemOf(await reset(auditor, crew.id))).toBe('forbidden');
      expectStatus(await reset(shop.owner, other.id), 200);
    });

    it('where there is nothing to reset, or nobody', async () => {
      const crew = await member(service, { ...shop, owner: await again(shop.owner) }, 'crew');
      expect(problemOf(await reset(admin, crew.id))).toBe('not-enrolled');
      expect(problemOf(await reset(admin, (await invited(service, { ...shop, owner: await again(shop.owner) }, 'crew')).id))).toBe('not-enrolled');
      expect(problemOf(await reset(admin, '01930000-0000-7000-8000-000000000000'))).toBe('not-found');
    });

    it('across businesses, in the words of an id that never was', async () => {
      const stranger = (await business(service)).owner;
      const person = await anna();
      const answer = await service.call('POST', `/v1/users/${person.id}/two-factor/reset`, statement(), { token: stranger.token });
      const never = await service.call('POST', '/v1/users/01930000-0000-7000-8000-000000000000/two-factor/reset', statement(), { token: stranger.token });
      expect({ ...answer.body, requestId: '' }).toEqual({ ...never.body, requestId: '' });
      expect(answer.status).toBe(404);
    });

    it('to somebody who saw the user at another revision', async () => {
      const person = await anna();
      const { token } = await again(admin);
      const stale = await service.call('POST', `/v1/users/${person.id}/two-factor/reset`, statement(), { token, headers: { 'if-match': '"99"' } });
      expect(problemOf(stale)).toBe('stale');
    });
  });

  it('is foreseen by a dry run, which does nothing', async () => {
    const person = await anna();
    const dry = await reset(admin, person.id, statement(), '?dryRun=true');
    expect(dry.body.events).toEqual([expect.objectContaining({ type: 'TwoFactorReset', userId: person.id })]);
    expect((await service.call('GET', '/v1/me', undefined, { token: person.token })).body.twoFactor.enabled).toBe(true);
  });

  it('ends a session that is being opened with the old authenticator while it happens', async () => {
    for (let round = 0; round < 5; round++) {
      const person = await anna();
      const challenge = await challengeOf(service, shop.slug, person.email);
      const { token } = await again(admin);
      const [opened, done] = await Promise.all([
        service.call('POST', '/v1/auth/two-factor', { challenge, code: codeOf(service, person.secret) }),
        service.call('POST', `/v1/users/${person.id}/two-factor/reset`, statement(), { token }),
      ]);
      expectStatus(done, 200);
      if (opened.status === 200) expect(problemOf(await service.call('GET', '/v1/me', undefined, { token: opened.body.accessToken }))).toBe('unauthenticated');
      else expect(opened.status).toBe(401);
    }
  });
});
