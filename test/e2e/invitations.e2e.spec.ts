import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, signIn, type Business } from './harness';

const DAY = 24 * 3600_000;
const OTHER_PASSWORD = `${PASSWORD} too`;

describe('invitations', () => {
  let service: Service;
  let biz: Business;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
  });
  afterAll(() => service.dispose());

  const asOwner = () => ({ token: biz.owner.token });
  const preview = (token: string) => service.call('POST', '/v1/invitations/preview', { token });
  const accept = (token: string, more: object = {}) => service.call('POST', '/v1/invitations/accept', { token, displayName: 'New Person', password: PASSWORD, ...more });
  const get = async (id: string) => (await service.call('GET', `/v1/users/${id}`, undefined, asOwner())).body as Record<string, unknown>;
  /** The clock goes on; the owner signs in anew. */
  const pass = async (milliseconds: number) => {
    service.clock.shift(milliseconds);
    biz = { ...biz, owner: await signIn(service, biz.slug, biz.owner.email, biz.owner.id) };
  };

  it('makes a user who is invited, with name, role, overrides and language', async () => {
    const answer = await service.call('POST', '/v1/invitations', { email: 'Somsri@Rentals.example', role: 'sales', overrides: { invoices: 'write', jobs: 'read' }, displayName: 'สมศรี', locale: 'th' }, asOwner());
    expectStatus(answer, 201);
    expect(answer.headers.location).toBe(`/v1/users/${answer.body.id}`);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/), email: 'Somsri@Rentals.example', displayName: 'สมศรี', role: 'sales', status: 'invited', phone: null, locale: 'th', avatarUrl: null,
      permissions: { customers: 'manage', quotes: 'manage', jobs: 'read', invoices: 'write', inventory: 'read', settings: 'none' }, overrides: { invoices: 'write' },
      twoFactor: { enabled: false, required: false, enabledAt: null }, invitation: { sentAt: expect.stringMatching(/Z$/), expiresAt: expect.stringMatching(/Z$/) },
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), lastSeenAt: null, deactivatedAt: null, revision: 0,
    });
    const { sentAt, expiresAt } = answer.body.invitation as { sentAt: string; expiresAt: string };
    expect(Math.round((Date.parse(expiresAt) - Date.parse(sentAt)) / DAY)).toBe(7);
    expect((await service.call('GET', answer.headers.location!, undefined, asOwner())).body).toEqual(answer.body);
  });

  it('sends a link in the language of the person, under the address of the frontend', async () => {
    const mail = await service.mailTo('somsri@rentals.example');
    expect(mail.text).toContain(`https://app.example/activate#token=${mail.token}`);
    expect(mail.text).toMatch(/[\u0e00-\u0e7f]/);
    expect(mail.token).toMatch(/^[\w-]+$/);
  });

  it('never builds a link from what a client says the host is', async () => {
    const email = 'host@header.example';
    expectStatus(await service.call('POST', '/v1/invitations', { email, role: 'crew' }, { ...asOwner(), headers: { 'host': 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp', 'forwarded': 'host=evil.example', 'origin': 'https://evil.example', 'referer': 'https://evil.example/' } }), 201);
    expect((await service.mailTo(email)).text).not.toContain('evil');
  });

  it('is previewed without a change, accepted once, and then lets in', async () => {
    const { id, email } = await invited(service, biz, 'crew');
    const { token } = await service.mailTo(email);
    for (let i = 0; i < 2; i++) expect((await preview(token)).body).toEqual({ business: { name: `Business ${biz.slug}` }, email, role: 'crew', expiresAt: (await get(id)).invitation && ((await get(id)).invitation as { expiresAt: string }).expiresAt });
    expect(problemOf(await service.call('POST', '/v1/auth/sign-in', { business: biz.slug, email, password: PASSWORD }))).toBe('invalid-credentials');
    const accepted = await accept(token, { displayName: '  Chai   Crew ', phone: '+66 81 234 5678' });
    expectStatus(accepted, 201);
    expect(accepted.body).toMatchObject({ id, status: 'active', displayName: 'Chai Crew', phone: '+66812345678', invitation: null });
    await signIn(service, biz.slug, email.toUpperCase());
    expect(problemOf(await accept(token))).toBe('invalid-token');
    expect(problemOf(await preview(token))).toBe('invalid-token');
    expect(problemOf(await service.call('POST', `/v1/users/${id}/invitation/resend`, undefined, asOwner()))).toBe('not-invited');
    expect(problemOf(await service.call('DELETE', `/v1/users/${id}/invitation`, undefined, asOwner()))).toBe('not-invited');
  });

  it('sent again: the older link is worthless, the new one has 7 days of its own', async () => {
    const { id, email } = await invited(service, biz, 'crew');
    const old = await service.mailTo(email);
    await pass(DAY);
    const before = await get(id);
    const again = await service.call('POST', `/v1/users/${id}/invitation/resend`, undefined, asOwner());
    expectStatus(again, 200);
    expect(Date.parse(again.body.invitation.expiresAt as string) - Date.parse((before.invitation as { expiresAt: string }).expiresAt)).toBeGreaterThanOrEqual(DAY);
    expect(problemOf(await accept(old.token))).toBe('invalid-token');
    expect(problemOf(await preview(old.token))).toBe('invalid-token');
    expectStatus(await accept((await service.mailTo(email, 1)).token), 201);
  });

  it('expires after 7 days, says so, and can be sent again', async () => {
    const { id, email } = await invited(service, biz, 'crew');
    const { token } = await service.mailTo(email);
    await pass(7 * DAY - 60_000);
    expectStatus(await preview(token), 200);
    await pass(120_000);
    expect(problemOf(await preview(token))).toBe('invitation-expired');
    expect(problemOf(await accept(token))).toBe('invitation-expired');
    expect((await get(id)).status).toBe('invitation-expired');
    expectStatus(await service.call('POST', `/v1/users/${id}/invitation/resend`, undefined, asOwner()), 200);
    expect((await get(id)).status).toBe('invited');
    expectStatus(await accept((await service.mailTo(email, 1)).token), 201);
  });

  it('withdrawn: the link is worthless, and the address is free for somebody new', async () => {
    const { id, email } = await invited(service, biz, 'admin');
    const { token } = await service.mailTo(email);
    expectStatus(await service.call('DELETE', `/v1/users/${id}/invitation`, undefined, asOwner()), 204);
    expect((await get(id)).status).toBe('invitation-withdrawn');
    expect(problemOf(await accept(token))).toBe('invalid-token');
    expect(problemOf(await service.call('POST', `/v1/users/${id}/invitation/resend`, undefined, asOwner()))).toBe('not-invited');
    const again = await service.call('POST', '/v1/invitations', { email, role: 'crew' }, asOwner());
    expectStatus(again, 201);
    expect(again.body.id).not.toBe(id);
    expect(problemOf(await accept(token))).toBe('invalid-token');
    expectStatus(await accept((await service.mailTo(email, 1)).token), 201);
  });

  it('what is no token, or another kind of token, opens nothing', async () => {
    const { email } = await invited(service, biz, 'crew');
    const { token } = await service.mailTo(email);
    const bytes = Buffer.from(token, 'base64url');
    bytes[bytes.length - 1]! ^= 1;
    for (const bad of ['x', bytes.toString('base64url'), token.slice(0, -1), `${token}A`, biz.owner.refreshToken, biz.owner.token, token.toUpperCase()]) {
      expect(problemOf(await preview(bad.slice(0, 500)))).toBe('invalid-token');
      expect(problemOf(await accept(bad.slice(0, 500)))).toBe('invalid-token');
    }
    expect(problemOf(await service.call('POST', '/v1/auth/refresh', { refreshToken: token }))).toBe('unauthenticated');
  });

  it.each([['short', 'too short'], ['passwordpassword', 'a common one'], ['qwertyuiopasdfgh', 'a run of the keyboard'], ['aaaaaaaaaaaaaaaaaaaa', 'one letter']])('refuses the password %s: %s', async (password) => {
    const { email } = await invited(service, biz, 'crew');
    const answer = await accept((await service.mailTo(email)).token, { password });
    expect(problemOf(answer)).toBe('validation');
    expect(answer.body.errors).toEqual([{ pointer: '#/password', message: expect.any(String) }]);
  });

  it('a password of words, of any script, is one; made of the own address or name it is none', async () => {
    const thai = await invited(service, biz, 'crew');
    expectStatus(await accept((await service.mailTo(thai.email)).token, { password: 'ช้างม้าวัวควายสี่ตัวเดินไปตลาด' }), 201);
    await signIn(service, biz.slug, thai.email, '', 'ช้างม้าวัวควายสี่ตัวเดินไปตลาด');
    const own = await invited(service, biz, 'crew');
    expect(problemOf(await accept((await service.mailTo(own.email)).token, { password: own.email.split('@')[0]!.padEnd(16, '1') }))).toBe('validation');
  });

  describe('while it is open', () => {
    it('role, overrides and profile can be changed; the link then says so', async () => {
      const { id, email } = await invited(service, biz, 'crew');
      const { token } = await service.mailTo(email);
      expectStatus(await service.call('PUT', `/v1/users/${id}/role`, { role: 'billing' }, asOwner()), 200);
      expectStatus(await service.call('PATCH', `/v1/users/${id}/permissions`, { overrides: { customers: 'write' } }, asOwner()), 200);
      expectStatus(await service.call('PATCH', `/v1/users/${id}`, { displayName: 'Bill Ing', phone: '+6621234567', locale: 'th' }, asOwner()), 200);
      expect((await preview(token)).body.role).toBe('billing');
      const { body } = await accept(token, { displayName: 'William Ing' });
      expect(body).toMatchObject({ role: 'billing', overrides: { customers: 'write' }, displayName: 'William Ing', phone: '+6621234567', locale: 'th' });
    });
    it('it cannot be deactivated or reactivated, only withdrawn', async () => {
      const { id } = await invited(service, biz, 'crew');
      expect(problemOf(await service.call('POST', `/v1/users/${id}/deactivate`, {}, asOwner()))).toBe('not-active');
      expect(problemOf(await service.call('POST', `/v1/users/${id}/reactivate`, {}, asOwner()))).toBe('not-deactivated');
    });
  });

  describe('a name is taken by everybody who is there', () => {
    it.each(['active', 'deactivated', 'invited', 'invitation-expired'])('%s', async (status) => {
      const { id, email } = status.startsWith('invit') ? await invited(service, biz, 'crew') : await member(service, biz, 'crew');
      if (status === 'deactivated') expectStatus(await service.call('POST', `/v1/users/${id}/deactivate`, {}, asOwner()), 200);
      if (status === 'invitation-expired') await pass(8 * DAY);
      expect((await get(id)).status).toBe(status);
      for (const spelling of [email, email.toUpperCase(), email.replace('crew', 'ｃrew')]) expect(problemOf(await service.call('POST', '/v1/invitations', { email: spelling, role: 'crew' }, asOwner()))).toBe('email-taken');
    });
    it('written as it is in DNS, or in its own script', async () => {
      expectStatus(await service.call('POST', '/v1/invitations', { email: 'info@bücher.example', role: 'crew' }, asOwner()), 201);
      for (const email of ['info@xn--bcher-kva.example', 'INFO@BÜCHER.example', 'info@bu\u0308cher.example']) expect(problemOf(await service.call('POST', '/v1/invitations', { email, role: 'crew' }, asOwner()))).toBe('email-taken');
    });
  });

  it('whoever was deactivated is not brought back by an old link', async () => {
    const { id, email } = await invited(service, biz, 'crew');
    const { token } = await service.mailTo(email);
    expectStatus(await accept(token), 201);
    expectStatus(await service.call('POST', `/v1/users/${id}/deactivate`, {}, asOwner()), 200);
    expect(problemOf(await accept(token, { password: OTHER_PASSWORD }))).toBe('invalid-token');
  });
});
