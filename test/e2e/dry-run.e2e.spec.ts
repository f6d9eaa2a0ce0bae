import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, SETUP_TOKEN, type Answer, type Business, type Person } from './harness';

describe('a dry run tells what would happen, and nothing does', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  let gone: Person;
  let open: { id: string; email: string };
  let link: string;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    crew = await member(service, biz, 'crew', { overrides: { invoices: 'read' } });
    gone = await member(service, biz, 'sales');
    expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, { token: biz.owner.token }), 200);
    open = await invited(service, biz, 'billing');
    link = (await service.mailTo(open.email)).token;
  });
  afterAll(() => service.dispose());

  const asOwner = () => ({ token: biz.owner.token });
  /** Everything that a change could have left behind. When somebody was last seen goes on by itself. */
  const world = async () => ({
    head: await service.installation.events.head(), mails: service.mails().length,
    users: ((await service.call('GET', '/v1/users?status=invited,active,deactivated,invitation-withdrawn', undefined, asOwner())).body.items as object[]).map((user) => ({ ...user, lastSeenAt: null })),
  });
  const types = (answer: Answer) => (answer.body.events as { type: string }[]).map(({ type }) => type);

  type Case = readonly [what: string, call: () => Promise<Answer>, events: string[], impact: unknown];
  const dry = (method: string, path: string, body?: unknown) => service.call(method, `${path}?dryRun=true`, body, asOwner());
  const CASES: readonly Case[] = [
    ['a new business', () => service.call('POST', '/v1/businesses?dryRun=true', { name: 'New', slug: 'dry-biz', owner: { email: 'o@dry.example', displayName: 'Dry Owner', password: PASSWORD } }, { headers: { 'setup-token': SETUP_TOKEN } }),
      ['SlugReserved', 'BusinessCreated', 'EmailReserved', 'OwnerRegistered', 'SuperAdminListed'], {}],
    ['signing in', () => service.call('POST', '/v1/auth/sign-in?dryRun=true', { business: biz.slug, email: crew.email, password: PASSWORD }), ['SessionStarted'], {}],
    ['refreshing', () => service.call('POST', '/v1/auth/refresh?dryRun=true', { refreshToken: crew.refreshToken }), ['SessionRefreshed'], {}],
    ['signing out', () => service.call('POST', '/v1/auth/sign-out?dryRun=true', undefined, { token: crew.token }), ['SignedOut'], {}],
    ['inviting', () => dry('POST', '/v1/invitations', { email: 'new@dry.example', role: 'crew' }), ['EmailReserved', 'UserInvited'], { mailTo: 'new@dry.example', linkExpiresAt: expect.any(String) }],
    ['sending an invitation again', () => dry('POST', `/v1/users/${open.id}/invitation/resend`), ['InvitationResent'], { mailTo: expect.stringContaining('@'), linkExpiresAt: expect.any(String) }],
    ['withdrawing an invitation', () => dry('DELETE', `/v1/users/${open.id}/invitation`), ['InvitationWithdrawn'], {}],
    ['accepting', () => service.call('POST', '/v1/invitations/accept?dryRun=true', { token: link, displayName: 'Bill Ing', password: PASSWORD }), ['InvitationAccepted'], {}],
    ['editing a profile', () => dry('PATCH', `/v1/users/${crew.id}`, { displayName: 'Another', phone: '+66812345678' }), ['ProfileEdited'], {}],
    ['editing the own profile', () => service.call('PATCH', '/v1/me?dryRun=true', { locale: 'th' }, { token: crew.token }), ['ProfileEdited'], {}],
    ['changing a role', () => dry('PUT', `/v1/users/${crew.id}/role`, { role: 'sales' }), ['RoleChanged'],
      { removedOverrides: { invoices: 'read' }, permissions: { customers: { from: 'read', to: 'manage' }, quotes: { from: 'read', to: 'manage' }, jobs: { from: 'write', to: 'read' } } }],
    ['overriding', () => dry('PATCH', `/v1/users/${crew.id}/permissions`, { overrides: { jobs: 'manage', invoices: null } }), ['PermissionOverridden', 'PermissionOverrideRemoved'], {}],
    ['deactivating', () => dry('POST', `/v1/users/${crew.id}/deactivate`, { reason: 'x' }), ['UserDeactivated'], { sessionsEnded: 1 }],
    ['reactivating', () => dry('POST', `/v1/users/${gone.id}/reactivate`, {}), ['UserReactivated'], {}],
    ['ending a session', () => dry('DELETE', `/v1/users/${crew.id}/sessions/${crew.sessionId}`), ['SessionRevoked'], {}],
    ['ending all sessions', () => dry('DELETE', `/v1/users/${crew.id}/sessions`), ['SessionsRevoked'], { ended: 1 }],
    ['what changes nothing', () => dry('PATCH', '/v1/me', {}), [], {}],
  ];

  it.each(CASES)('%s', async (_what, call, events, impact) => {
    const before = await world();
    const answer = await call();
    expectStatus(answer, 200);
    expect(Object.keys(answer.body as object).sort()).toEqual(['dryRun', 'events', 'impact']);
    expect(types(answer)).toEqual(events);
    expect(answer.body).toEqual(expect.objectContaining({ dryRun: true, impact }));
    expect(answer.headers).not.toHaveProperty('location');
    expect(answer.headers).not.toHaveProperty('rolebook-position');
    expect(answer.text).not.toMatch(/argon2|passwordHash|"accessToken"|"refreshToken"/);
    expect(await world()).toEqual(before);
  });

  it('tells the old value and the new, as the audit log would', async () => {
    const { body } = await dry('PATCH', `/v1/users/${crew.id}`, { displayName: 'Another' });
    expect(body.events).toEqual([{ type: 'ProfileEdited', action: 'user.profile-edited', userId: crew.id, changes: [{ field: 'displayName', from: 'crew person', to: 'Another' }] }]);
  });

  it('refuses what the real thing refuses', async () => {
    expect(problemOf(await dry('POST', '/v1/invitations', { email: crew.email, role: 'crew' }))).toBe('email-taken');
    expect(problemOf(await dry('POST', `/v1/users/${crew.id}/invitation/resend`))).toBe('not-invited');
    expect(problemOf(await dry('POST', `/v1/users/${biz.owner.id}/deactivate`, {}))).toBe('forbidden');
    expect(problemOf(await service.call('POST', '/v1/auth/sign-in?dryRun=true', { business: biz.slug, email: crew.email, password: 'wrong' }))).toBe('invalid-credentials');
    expect(problemOf(await service.call('PATCH', `/v1/users/${crew.id}?dryRun=true`, { displayName: 'X Y' }, { ...asOwner(), headers: { 'if-match': '"99"' } }))).toBe('stale');
    expect(problemOf(await service.call('POST', '/v1/invitations/accept?dryRun=true', { token: link, displayName: 'Bill Ing', password: 'short' }))).toBe('validation');
  });

  it('does not hide guesses: a wrong password stands in the audit log, and counts', async () => {
    const guess = () => service.call('POST', '/v1/auth/sign-in?dryRun=true', { business: biz.slug, email: gone.email, password: 'a wrong guess' });
    expect(problemOf(await guess())).toBe('invalid-credentials');
    const { items } = (await service.call('GET', `/v1/audit?action=sign-in.refused&user=${gone.id}`, undefined, asOwner())).body as { items: { action: string }[] };
    expect(items).toHaveLength(1);
    let answer = await guess();
    for (let i = 0; i < 30 && answer.status === 401; i++) answer = await guess();
    expect(problemOf(answer)).toBe('too-many-attempts');
  });

  it('foresees that the last Super Admin must stay', async () => {
    const second = await member(service, biz, 'super-admin');
    expectStatus(await service.call('POST', `/v1/users/${biz.owner.id}/deactivate?dryRun=true`, {}, { token: second.token }), 200);
    expectStatus(await service.call('PUT', `/v1/users/${second.id}/role`, { role: 'crew' }, asOwner()), 200);
  });

  it('what it told then happens', async () => {
    const told = await dry('PUT', `/v1/users/${crew.id}/role`, { role: 'operations', reason: 'promoted' });
    const done = await service.call('PUT', `/v1/users/${crew.id}/role`, { role: 'operations', reason: 'promoted' }, asOwner());
    expect(done.body.removedOverrides).toEqual(told.body.impact.removedOverrides);
    expect(done.body.user).toMatchObject({ role: 'operations', overrides: {} });
    expectStatus(await service.call('POST', '/v1/invitations/accept', { token: link, displayName: 'Bill Ing', password: PASSWORD }), 201);
  });
});
