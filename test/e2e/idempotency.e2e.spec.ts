import { OperationalStoreUnavailable } from '@rolebook/operational-store';
import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, SETUP_TOKEN, signIn, type Answer, type Business, type Person } from './harness';
import { codeOf, earlyInAStep, enrol, type Enrolled } from './totp';

describe('Idempotency-Key: the same answer and one effect', () => {
  let service: Service;
  let biz: Business;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
  });
  afterAll(() => service.dispose());

  let keys = 0;
  const newKey = () => `key-${keys++}`;
  const asOwner = (key: string, more: Record<string, string> = {}) => ({ token: biz.owner.token, headers: { 'idempotency-key': key, ...more } });
  const invite = (email: string, key: string, role = 'crew') => service.call('POST', '/v1/invitations', { email, role }, asOwner(key));
  /** All of an answer that belongs to it. */
  const face = ({ status, body, headers }: Answer) => ({ status, body: { ...body, requestId: '' }, location: headers.location, position: headers['rolebook-position'], etag: headers.etag });
  const howMany = async (q: string) => (await service.call('GET', `/v1/users?q=${q}&count=true`, undefined, { token: biz.owner.token })).body.total as number;

  it('repeats the answer, headers and all, and does nothing again', async () => {
    const key = newKey();
    const first = await invite('one@repeat.example', key);
    expectStatus(first, 201);
    const head = await service.installation.events.head();
    for (let i = 0; i < 3; i++) expect(face(await invite('one@repeat.example', key))).toEqual(face(first));
    expect(await service.installation.events.head()).toBe(head);
  });

  it('without a key, or with another, it is another request', async () => {
    expectStatus(await invite('two@repeat.example', newKey()), 201);
    expect(problemOf(await invite('two@repeat.example', newKey()))).toBe('email-taken');
  });

  it('with another body, path or query it is refused', async () => {
    const key = newKey();
    expectStatus(await invite('three@repeat.example', key), 201);
    expect(problemOf(await invite('other@repeat.example', key))).toBe('idempotency-key-reused');
    expect(problemOf(await invite('three@repeat.example', key, 'sales'))).toBe('idempotency-key-reused');
    expect(problemOf(await service.call('POST', '/v1/invitations?dryRun=true', { email: 'three@repeat.example', role: 'crew' }, asOwner(key)))).toBe('idempotency-key-reused');
    expect(problemOf(await service.call('POST', `/v1/users/${biz.owner.id}/reactivate`, { }, asOwner(key)))).toBe('idempotency-key-reused');
  });

  it('repeats a refusal too, even where it would pass now', async () => {
    const taken = await invited(service, biz, 'crew');
    const key = newKey();
    const refused = await invite(taken.email, key);
    expect(problemOf(refused)).toBe('email-taken');
    expectStatus(await service.call('DELETE', `/v1/users/${taken.id}/invitation`, undefined, { token: biz.owner.token }), 204);
    expect(face(await invite(taken.email, key))).toEqual(face(refused));
    expectStatus(await invite(taken.email, newKey()), 201);
  });

  it('does not keep what a broken request was answered', async () => {
    const key = newKey();
    expect(problemOf(await service.call('POST', '/v1/invitations', { email: 'later@repeat.example', role: 'crew' }, { headers: { 'idempotency-key': key } }))).toBe('unauthenticated');
    expectStatus(await invite('later@repeat.example', key), 201);
  });

  it('of many at once, one is carried out, and all get its answer', async () => {
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 16 }, () => invite('many@repeat.example', key)));
    expect(new Set(answers.map((answer) => JSON.stringify(face(answer))))).toEqual(new Set([JSON.stringify(face(answers[0]!))]));
    expect(answers[0]!.status).toBe(201);
    expect(await howMany('many')).toBe(1);
  });

  it('is each person\'s own', async () => {
    const [a, b] = [await member(service, biz, 'admin'), await member(service, biz, 'admin')];
    const headers = { 'idempotency-key': newKey() };
    const invitations = [await service.call('POST', '/v1/invitations', { email: 'by-a@repeat.example', role: 'crew' }, { token: a.token, headers }), await service.call('POST', '/v1/invitations', { email: 'by-b@repeat.example', role: 'crew' }, { token: b.token, headers })];
    expect(invitations.map(({ status }) => status)).toEqual([201, 201]);
  });

  it('brings nobody back who was erased: the answer is given no more, and nothing is done again', async () => {
    const email = 'gone@repeat.example';
    const keys = { invited: newKey(), previewed: newKey() };
    const invitation = await invite(email, keys.invited);
    const { token } = await service.mailTo(email);
    const preview = () => service.call('POST', '/v1/invitations/preview', { token }, { headers: { 'idempotency-key': keys.previewed } });
    expect((await preview()).body.email).toBe(email);
    expectStatus(await service.call('POST', `/v1/users/${invitation.body.id}/erase`, { email }, { token: biz.owner.token }), 200);
    const head = await service.installation.events.head();
    for (const answer of [await invite(email, keys.invited), await preview()]) {
      expect([problemOf(answer), answer.text.includes('gone')]).toEqual(['idempotency-key-reused', false]);
    }
    expect(await service.installation.events.head()).toBe(head);
  });

  it('of a set-up belongs to whoever shows the token: without it there is no answer to have again', async () => {
    const setUp = (headers: Record<string, string>) => service.call('POST', '/v1/businesses', { name: 'Once', slug: 'once-biz', owner: { email: 'o@once.example', displayName: 'Once Owner', password: PASSWORD } }, { headers: { 'idempotency-key': 'set-up', ...headers } });
    const first = await setUp({ 'setup-token': SETUP_TOKEN });
    expectStatus(first, 201);
    for (const headers of [{}, { 'setup-token': 'wrong' }] as Record<string, string>[]) expect(problemOf(await setUp(headers))).toBe('unauthenticated');
    expect(face(await setUp({ 'setup-token': SETUP_TOKEN }))).toEqual(face(first));
  });

  it('of somebody else opens nothing: each finds their own, and whoever has lost their session finds none', async () => {
    const body = { email: 'whose@repeat.example', role: 'crew' };
    const headers = { 'idempotency-key': newKey() };
    const admin = await member(service, biz, 'admin');
    expectStatus(await service.call('POST', '/v1/invitations', body, { token: admin.token, headers }), 201);
    expect(problemOf(await service.call('POST', '/v1/invitations', body, { headers }))).toBe('unauthenticated');
    expect(problemOf(await service.call('POST', '/v1/invitations', body, { token: biz.owner.token, headers }))).toBe('email-taken');
    expectStatus(await service.call('POST', '/v1/auth/sign-out', undefined, { token: admin.token }), 204);
    expect(problemOf(await service.call('POST', '/v1/invitations', body, { token: admin.token, headers }))).toBe('unauthenticated');
  });

  it.each(['', 'x'.repeat(256)])('a key of 1 to 255 characters', async (key) => {
    expect(problemOf(await invite('length@repeat.example', key))).toBe('validation');
  });

  it('holds after a restart, for 24 hours', async () => {
    const key = newKey();
    const first = await invite('restart@repeat.example', key);
    await service.restart();
    service.clock.shift(600_000);
    biz = { ...biz, owner: await signIn(service, biz.slug, biz.owner.email, biz.owner.id) };
    expect(face(await invite('restart@repeat.example', key))).toEqual(face(first));
    service.clock.shift(24 * 3600_000);
    biz = { ...biz, owner: await signIn(service, biz.slug, biz.owner.email, biz.owner.id) };
    expect(problemOf(await invite('restart@repeat.example', key))).toBe('email-taken');
  });

  describe('after a crash between the effect and the answer', () => {
    let crew: Person;
    let open: { id: string; email: string };
    /** Who a case is about, made just before it: access tokens do not live for all of them. */
    let person: Person;
    let proof: string;
    beforeAll(async () => {
      crew = await member(service, biz, 'crew');
      open = await invited(service, biz, 'sales');
    });

    type Case = readonly [what: string, call: (headers: Record<string, string>) => Promise<Answer>, status: number, prepare: () => Promise<void>];
    const post = (path: string, body: unknown, headers: Record<string, string>, token?: string) => service.call('POST', path, body, { token, headers });
    const nothing = () => Promise.resolve();
    const another = async () => { person = await member(service, biz, 'crew'); };
    const ownerAgain = async () => { biz = { ...biz, owner: await signIn(service, biz.slug, biz.owner.email, biz.owner.id) }; };
    const anEnrolled = async () => {
      await another();
      const { secret } = (person = await enrol(service, person)) as Enrolled;
      proof = codeOf(service, secret);
    };
    const CASES: readonly Case[] = [
      ['a new business', (headers) => post('/v1/businesses', { name: 'Crash', slug: 'crash-biz', owner: { email: 'o@crash.example', displayName: 'Crash Owner', password: PASSWORD } }, { ...headers, 'setup-token': SETUP_TOKEN }), 201, nothing],
      ['an invitation', (headers) => post('/v1/invitations', { email: 'crash@repeat.example', role: 'crew' }, headers, biz.owner.token), 201, nothing],
      ['an invitation sent again', (headers) => post(`/v1/users/${open.id}/invitation/resend`, undefined, headers, biz.owner.token), 200, nothing],
      ['a deactivation', (headers) => post(`/v1/users/${crew.id}/deactivate`, { reason: 'x' }, headers, biz.owner.token), 200, nothing],
      ['a reactivation', (headers) => post(`/v1/users/${crew.id}/reactivate`, {}, headers, biz.owner.token), 200, nothing],
      ['a sign-in', (headers) => post('/v1/auth/sign-in', { business: biz.slug, email: crew.email, password: PASSWORD }, headers), 200, nothing],
      ['an acceptance', async (headers) => post('/v1/invitations/accept', { token: (await service.mailTo(open.email, 1)).token, displayName: 'Sally Sales', password: PASSWORD }, headers), 201, nothing],
      // Once the retry was refused: the current password was another one by then, the new one.
      ['a password changed', (headers) => post('/v1/me/password', { currentPassword: PASSWORD, newPassword: `${PASSWORD} anew` }, headers, person.token), 204, another],
      ['a password reset', (headers) => post('/v1/auth/password-resets', { token: proof, password: `${PASSWORD} again` }, headers), 204, async () => {
        await another();
        expectStatus(await post('/v1/auth/password-reset-requests', { business: biz.slug, email: person.email }, {}), 202);
        proof = (await service.mailTo(person.email, 1)).token;
      }],
      ['a second factor confirmed', (headers) => post('/v1/me/two-factor', { code: proof }, headers, person.token), 200, async () => {
        await another();
        earlyInAStep(service);
        proof = codeOf(service, (await post('/v1/me/two-factor/enrolment', undefined, {}, person.token)).body.secret as string);
      }],
      ['new recovery codes', (headers) => post('/v1/me/two-factor/recovery-codes', { code: proof }, headers, person.token), 200, anEnrolled],
      ['a second factor reset', (headers) => post(`/v1/users/${person.id}/two-factor/reset`, { identityVerification: { channel: 'phone', spokeWith: 'Anna', at: proof } }, headers, biz.owner.token), 200, async () => {
        await anEnrolled();
        await ownerAgain();
        proof = new Date(service.clock.now() - 60_000).toISOString();
      }],
      ['an erasure', (headers) => post(`/v1/users/${person.id}/erase`, { email: person.email }, headers, biz.owner.token), 200, another],
      ['a refresh', (headers) => post('/v1/auth/refresh', { refreshToken: biz.owner.refreshToken }, headers), 200, nothing],
    ];
    it.each(CASES)('%s is not done twice', async (_what, call, status, prepare) => {
      await prepare();
      const headers = { 'idempotency-key': newKey() };
      const { operational } = service.installation;
      const broken = jest.spyOn(operational, 'putMany').mockImplementation(() => Promise.reject(new OperationalStoreUnavailable('the disk is full')));
      const first = await call(headers);
      expect(problemOf(first)).toBe('unavailable');
      broken.mockRestore();
      const head = await service.installation.events.head();
      await service.restart();
      service.clock.shift(11_000); // with servers, another node believes the first request alive for 10 seconds
      const again = await call(headers);
      expectStatus(again, status);
      expect(await service.installation.events.head()).toBe(head);
      expect(face(await call(headers))).toEqual(face(again));
    });

    it('what was then answered works', async () => {
      const headers = { 'idempotency-key': newKey() };
      const broken = jest.spyOn(service.installation.operational, 'putMany').mockImplementation(() => Promise.reject(new OperationalStoreUnavailable('the disk is full')));
      const signInAgain = () => post('/v1/auth/sign-in', { business: biz.slug, email: crew.email, password: PASSWORD }, headers);
      expect((await signInAgain()).status).toBe(503);
      broken.mockRestore();
      const { body } = await signInAgain();
      expectStatus(await service.call('GET', '/v1/me', undefined, { token: body.accessToken as string }), 200);
      expectStatus(await post('/v1/auth/refresh', { refreshToken: body.refreshToken }, {}), 200);
      expect((await service.call('GET', `/v1/users/${crew.id}/sessions`, undefined, { token: biz.owner.token })).body.items.filter(({ id }: { id: string }) => id === body.sessionId)).toHaveLength(1);
    });
  });
});
