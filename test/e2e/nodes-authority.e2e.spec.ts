import { streamNames } from '@rolebook/access';
import { twoFactorStream } from '@rolebook/two-factor/read';
import { userStream } from '@rolebook/users/read';
import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, signIn, type Answer, type Business, type Person } from './harness';
import { enrol } from './totp';

const several = process.env.ROLEBOOK_TEST_ENGINES === 'on' ? describe : describe.skip;

several('who may do what, on two nodes', () => {
  let a: Service;
  let b: Service;
  let biz: Business;
  beforeAll(async () => {
    a = await Service.start();
    b = await a.beside({ ROLEBOOK_HOST_FOLLOWERS: 'off' });
    biz = await business(a);
  }, 60_000);
  afterAll(async () => {
    await b.close();
    await a.dispose();
  });

  const asOwner = () => ({ token: biz.owner.token });
  const owner = async (path: string, method = 'POST', body: object | undefined = {}): Promise<Answer> => {
    const answer = await a.call(method, path, body, asOwner());
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer;
  };
  /** Asks until that is the answer: it comes; when, the bench says. */
  const until = async (node: Service, token: string, path: string, wanted: number | string): Promise<void> => {
    for (;;) {
      const { status, body } = await node.call('GET', path, undefined, { token });
      if (status === wanted || (status >= 400 && typeof body.type === 'string' && body.type.endsWith(`:${wanted}`))) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const allowed = (module: string, level: string) => `/v1/authorization?module=${module}&level=${level}`;
  const statement = () => ({ identityVerification: { channel: 'video', spokeWith: 'the person', at: new Date(a.clock.now() - 60_000).toISOString(), note: null } });

  /** What one node changes about a person whom the other has in memory, and what the other says from then on. */
  const changes: [string, { role: string; enrolled?: boolean; before: string; after: string; answer: number | string; change: (person: Person) => Promise<unknown> }][] = [
    ['a session that is ended', { role: 'crew', before: allowed('jobs', 'write'), after: allowed('jobs', 'write'), answer: 401, change: (p) => owner(`/v1/users/${p.id}/sessions/${p.sessionId}`, 'DELETE', undefined) }],
    ['all sessions of somebody', { role: 'crew', before: allowed('jobs', 'write'), after: allowed('jobs', 'write'), answer: 401, change: (p) => owner(`/v1/users/${p.id}/sessions`, 'DELETE', undefined) }],
    ['signing out', { role: 'crew', before: allowed('jobs', 'write'), after: allowed('jobs', 'write'), answer: 401, change: (p) => a.call('POST', '/v1/auth/sign-out', undefined, { token: p.token }) }],
    ['a new password', {
      role: 'crew', before: allowed('jobs', 'write'), after: allowed('jobs', 'write'), answer: 401,
      change: async (p) => {
        const other = await signIn(a, biz.slug, p.email);
        expectStatus(await a.call('POST', '/v1/me/password', { currentPassword: PASSWORD, newPassword: 'another good horse battery 43' }, { token: other.token }), 204);
      },
    }],
    ['another role', { role: 'sales', before: allowed('quotes', 'manage'), after: allowed('quotes', 'manage'), answer: 403, change: (p) => owner(`/v1/users/${p.id}/role`, 'PUT', { role: 'crew' }) }],
    ['an override', { role: 'sales', before: allowed('quotes', 'manage'), after: allowed('quotes', 'read'), answer: 403, change: (p) => owner(`/v1/users/${p.id}/permissions`, 'PATCH', { overrides: { quotes: 'none' } }) }],
    ['deactivation', { role: 'billing', before: allowed('invoices', 'manage'), after: allowed('invoices', 'manage'), answer: 401, change: (p) => owner(`/v1/users/${p.id}/deactivate`) }],
    ['a reset of two-factor', { role: 'crew', enrolled: true, before: allowed('jobs', 'write'), after: allowed('jobs', 'write'), answer: 401, change: (p) => owner(`/v1/users/${p.id}/two-factor/reset`, 'POST', statement()) }],
    ['erasure', { role: 'crew', before: allowed('jobs', 'write'), after: allowed('jobs', 'write'), answer: 401, change: (p) => owner(`/v1/users/${p.id}/erase`, 'POST', { email: p.email }) }],
  ];
  it.each(changes)('%s on one node is heard of on the other', async (_what, { role, enrolled, before, after, answer, change }) => {
    let person = await member(a, biz, role);
    if (enrolled) person = await enrol(a, person);
    await until(b, person.token, before, 204);
    await change(person);
    await until(b, person.token, after, answer);
    // And it stays so: nothing older comes back.
    for (let n = 0; n < 3; n++) await until(b, person.token, after, answer);
  }, 60_000);

  it('a policy that requires two-factor holds in sessions that are open on the other node, and no longer once it is lifted', async () => {
    const person = await member(a, biz, 'crew');
    const admin = await enrol(a, await member(a, biz, 'super-admin'));
    const policy = async (to: string) => expectStatus(await a.call('PUT', '/v1/settings/two-factor', { policy: to }, { token: admin.token }), 200);
    await until(b, person.token, allowed('jobs', 'write'), 204);
    await policy('everyone');
    await until(b, person.token, allowed('jobs', 'write'), 'two-factor-enrolment-required');
    await policy('off');
    await until(b, person.token, allowed('jobs', 'write'), 204);
  }, 60_000);

  it('an erased person\'s keys and secrets leave the memory of the other node', async () => {
    const person = await enrol(a, await member(a, biz, 'crew'));
    const { subjectKeys, streams } = b.installation;
    const names = { user: streamNames.user(biz.id, person.id), twoFactor: streamNames.twoFactor(biz.id, person.id) };
    await subjectKeys.load([person.id]);
    expect(subjectKeys.isDestroyed(person.id)).toBe(false);
    expect((await streams.load(twoFactorStream, names.twoFactor)).state.secret).toBe(person.secret);
    expect((await streams.load(userStream, names.user)).state.email).toBe(person.email);

    await owner(`/v1/users/${person.id}/erase`, 'POST', { email: person.email });
    while (!subjectKeys.isDestroyed(person.id)) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise(setImmediate);
    const left = [await streams.load(twoFactorStream, names.twoFactor), await streams.load(userStream, names.user)];
    expect(JSON.stringify(left)).not.toContain(person.secret);
    expect(JSON.stringify(left)).not.toContain(person.email);
    for (const path of ['', '/history', '/permissions']) {
      const shown = await b.call('GET', `/v1/users/${person.id}${path}`, undefined, { token: biz.owner.token });
      expect(shown.text).not.toContain(person.email);
    }
  }, 60_000);

  it('a signing key that is retired ends its tokens on the other node once that reads the keys anew', async () => {
    const person = await member(a, biz, 'crew');
    await until(b, person.token, allowed('jobs', 'write'), 204);
    const { accessTokens } = a.installation;
    const [old] = accessTokens.jwks().keys;
    await accessTokens.rotate();
    await accessTokens.retire(old!.kid);
    await b.installation.accessTokens.reload();
    expect(problemOf(await b.call('GET', allowed('jobs', 'write'), undefined, { token: person.token }))).toBe('unauthenticated');
    biz = { ...biz, owner: await signIn(a, biz.slug, biz.owner.email, biz.owner.id) };
    await until(b, biz.owner.token, allowed('jobs', 'write'), 204);
  });

  describe('on a node that hears nothing of the log, though it believes that it does', () => {
    const double = () => a.engines?.double ?? null;
    const person = async (role: string) => {
      const made = await member(a, biz, role);
      await until(b, made.token, '/v1/me', 200);
      return made;
    };
    /** From here on no node is told of anything, until its watchdog wonders. */
    const silence = () => double()!.faults.silenceSubscriptions();

    const acts: [string, (by: string, on: string) => Promise<Answer>][] = [
      ['invite', (token) => b.call('POST', '/v1/invitations', { email: `silent-${Date.now()}@${biz.slug}.example`, role: 'crew' }, { token })],
      ['edit somebody', (token, id) => b.call('PATCH', `/v1/users/${id}`, { displayName: 'Renamed' }, { token })],
      ['deactivate', (token, id) => b.call('POST', `/v1/users/${id}/deactivate`, {}, { token })],
      ['end sessions', (token, id) => b.call('DELETE', `/v1/users/${id}/sessions`, undefined, { token })],
      ['reset two-factor', (token, id) => b.call('POST', `/v1/users/${id}/two-factor/reset`, statement(), { token })],
      ['set the policy', (token) => b.call('PUT', '/v1/settings/two-factor', { policy: 'everyone' }, { token })],
    ];

    it('nobody acts with authority that was taken on another node', async () => {
      if (!double()) return; // a real server has no faults on demand
      const [admin, victim] = [await person('admin'), await invited(a, biz, 'crew')];
      silence();
      await owner(`/v1/users/${admin.id}/role`, 'PUT', { role: 'crew' });
      for (const [what, act] of acts) expect({ what, problem: problemOf(await act(admin.token, victim.id)) }).toEqual({ what, problem: 'forbidden' });
    }, 60_000);

    it('nobody acts in a session that was ended on another node, nor on their own account', async () => {
      if (!double()) return;
      const [admin, victim] = [await person('admin'), await invited(a, biz, 'crew')];
      silence();
      await owner(`/v1/users/${admin.id}/sessions/${admin.sessionId}`, 'DELETE', undefined);
      const onOneself: [string, (token: string) => Promise<Answer>][] = [
        ['edit the own profile', (token) => b.call('PATCH', '/v1/me', { displayName: 'Thief' }, { token })],
        ['change the own password', (token) => b.call('POST', '/v1/me/password', { currentPassword: PASSWORD, newPassword: 'the thief knows this one 44' }, { token })],
        ['enrol', (token) => b.call('POST', '/v1/me/two-factor/enrolment', undefined, { token })],
      ];
      for (const [what, act] of [...acts, ...onOneself]) expect({ what, problem: problemOf(await act(admin.token, victim.id)) }).toEqual({ what, problem: 'unauthenticated' });
    }, 60_000);

    it('it finds out by itself and listens again: who was ended is refused for looking too', async () => {
      if (!double()) return;
      const someone = await person('crew');
      const before = double()!.faults.calls('subscribe');
      silence();
      await owner(`/v1/users/${someone.id}/deactivate`);
      await until(b, someone.token, allowed('jobs', 'write'), 401);
      while (double()!.faults.calls('subscribe') < before + 2) await new Promise((resolve) => setTimeout(resolve, 20));
      while (!b.installation.live.trusted) await new Promise((resolve) => setTimeout(resolve, 20));
      await until(b, someone.token, allowed('jobs', 'write'), 401);
      const next = await person('crew');
      await owner(`/v1/users/${next.id}/deactivate`);
      await until(b, next.token, allowed('jobs', 'write'), 401);
    }, 60_000);
  });
});
