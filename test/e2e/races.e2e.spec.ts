import { StoreUnavailable } from '@rolebook/event-store';
import { business, expectStatus, invited, member, PASSWORD, problemOf, Service, type Answer, type Business } from './harness';

describe('what holds whatever races, and whatever dies half-way', () => {
  let service: Service;
  beforeAll(async () => { service = await Service.start(); });
  afterAll(() => service.dispose());

  const tally = (answers: readonly Answer[]) => answers.reduce<Record<string, number>>((counts, answer) => {
    const what = answer.status < 300 ? String(answer.status) : problemOf(answer);
    return { ...counts, [what]: (counts[what] ?? 0) + 1 };
  }, {});
  const users = async (biz: Business, query: string) => (await service.call('GET', `/v1/users?limit=200&${query}`, undefined, { token: biz.owner.token })).body.items as { id: string; email: string }[];

  describe('one address, one user', () => {
    it('32 invitations of one address, spelled in every way, make one user and send one mail', async () => {
      const biz = await business(service);
      const spellings = ['somchai@rentals.example', 'SomChai@Rentals.Example', 'SOMCHAI@RENTALS.EXAMPLE', 'ｓｏｍｃｈａｉ@rentals.example'];
      const answers = await Promise.all(Array.from({ length: 32 }, (_, i) => service.call('POST', '/v1/invitations', { email: spellings[i % 4], role: 'crew' }, { token: biz.owner.token })));
      expect(tally(answers)).toEqual({ 201: 1, 'email-taken': 31 });
      expect((await users(biz, 'q=somchai')).map(({ id }) => id)).toEqual([answers.find(({ status }) => status === 201)!.body.id]);
      await service.mailTo('somchai@rentals.example');
      expect(service.mails().filter(({ to }) => /rentals\.example/i.test(to))).toHaveLength(1);
    });

    it('8 acceptances of one link make one account', async () => {
      const biz = await business(service);
      const { id, email } = await invited(service, biz, 'crew');
      const { token } = await service.mailTo(email);
      const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => service.call('POST', '/v1/invitations/accept', { token, displayName: `Person ${i}`, password: PASSWORD })));
      expect(tally(answers)).toEqual({ 201: 1, 'invalid-token': 7 });
      const { body } = await service.call('GET', `/v1/users/${id}`, undefined, { token: biz.owner.token });
      expect(body.displayName).toBe(answers.find(({ status }) => status === 201)!.body.displayName);
    });

    it('an acceptance and a withdrawal at once: one of them', async () => {
      const biz = await business(service);
      for (let round = 0; round < 4; round++) {
        const { id, email } = await invited(service, biz, 'crew');
        const { token } = await service.mailTo(email);
        const [accepted, withdrawn] = await Promise.all([
          service.call('POST', '/v1/invitations/accept', { token, displayName: 'Quick One', password: PASSWORD }), service.call('DELETE', `/v1/users/${id}/invitation`, undefined, { token: biz.owner.token }),
        ]);
        const { status } = (await service.call('GET', `/v1/users/${id}`, undefined, { token: biz.owner.token })).body as { status: string };
        expect([accepted.status, withdrawn.status, status]).toEqual(accepted.status === 201 ? [201, 409, 'active'] : [404, 204, 'invitation-withdrawn']);
      }
    });

    it('two businesses of one short name: one', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => service.call('POST', '/v1/businesses', { name: `Race ${i}`, slug: 'the-race', owner: { email: `o${i}@race.example`, displayName: 'Race Owner', password: PASSWORD } }, { headers: { 'setup-token': 'setup-token-of-the-tests' } })));
      expect(tally(answers)).toEqual({ 201: 1, 'slug-taken': 7 });
    });

    it('an invitation that died between the address and the user strands neither: the address can be had again', async () => {
      const biz = await business(service);
      const invite = () => service.call('POST', '/v1/invitations', { email: 'half@way.example', role: 'crew' }, { token: biz.owner.token });
      const { events } = service.installation;
      const append = events.append.bind(events);
      const dying = jest.spyOn(events, 'append').mockImplementation((stream, ...rest) => (stream.startsWith('user-') ? Promise.reject(new StoreUnavailable('the process is dying')) : append(stream, ...rest)));
      expect(problemOf(await invite())).toBe('unavailable');
      dying.mockRestore();
      await service.restart();
      expect(await users(biz, 'q=half')).toEqual([]);
      expect(problemOf(await invite())).toBe('email-taken'); // it may still be on its way
      service.clock.shift(11_000);
      const again = await invite();
      expectStatus(again, 201);
      expect((await users(biz, 'q=half')).map(({ id }) => id)).toEqual([again.body.id]);
      expect((await service.mailTo('half@way.example')).token).not.toBe('');
    });
  });

  describe('at least one active Super Admin', () => {
    const superAdmins = async (biz: Business, tokens: readonly string[]) => {
      for (const token of tokens) {
        const answer = await service.call('GET', '/v1/users?role=super-admin&status=active', undefined, { token });
        if (answer.status === 200) return answer.body.items as { id: string }[];
      }
      throw new Error(`nobody is left in ${biz.slug}`);
    };

    it.each([
      ['deactivate each other', (id: string) => ['POST', `/v1/users/${id}/deactivate`, {}] as const],
      ['demote each other', (id: string) => ['PUT', `/v1/users/${id}/role`, { role: 'crew' }] as const],
    ])('two %s, again and again: one is left', async (_what, change) => {
      for (let round = 0; round < 5; round++) {
        const biz = await business(service);
        const other = await member(service, biz, 'super-admin');
        const [method, path, body] = change(other.id);
        const [otherMethod, otherPath, otherBody] = change(biz.owner.id);
        const answers = await Promise.all([service.call(method, path, body, { token: biz.owner.token }), service.call(otherMethod, otherPath, otherBody, { token: other.token })]);
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
        expect(await superAdmins(biz, [biz.owner.token, other.token])).toHaveLength(1);
      }
    });

    it('eight, each against the next, by role and by status mixed: never none', async () => {
      const biz = await business(service);
      const circle = [biz.owner];
      for (let i = 0; i < 5; i++) circle.push(await member(service, biz, 'super-admin'));
      await Promise.all(circle.flatMap(({ token }, i) => {
        const { id } = circle[(i + 1) % circle.length]!;
        return [service.call('POST', `/v1/users/${id}/deactivate`, {}, { token }), service.call('PUT', `/v1/users/${id}/role`, { role: 'admin' }, { token })];
      }));
      expect((await superAdmins(biz, circle.map(({ token }) => token))).length).toBeGreaterThanOrEqual(1);
    });

    it('the last one stays; invited ones do not count', async () => {
      const biz = await business(service);
      const second = await member(service, biz, 'super-admin');
      await invited(service, biz, 'super-admin');
      expectStatus(await service.call('POST', `/v1/users/${biz.owner.id}/deactivate`, {}, { token: second.token }), 200);
      const back = await service.call('POST', `/v1/users/${biz.owner.id}/reactivate`, {}, { token: second.token });
      expect(back.body).toMatchObject({ status: 'active', role: 'super-admin' });
    });

    it('a demotion that died half-way is healed: whoever is listed no more is a Super Admin no more, or is listed again', async () => {
      const biz = await business(service);
      const second = await member(service, biz, 'super-admin');
      const { events } = service.installation;
      const append = events.append.bind(events);
      const dying = jest.spyOn(events, 'append').mockImplementation((stream, ...rest) => (stream === `user-${biz.id}-${second.id}` ? Promise.reject(new StoreUnavailable('the process is dying')) : append(stream, ...rest)));
      const demote = () => service.call('PUT', `/v1/users/${second.id}/role`, { role: 'crew' }, { token: biz.owner.token });
      expect(problemOf(await demote())).toBe('unavailable');
      dying.mockRestore();
      await service.restart();
      expect(await superAdmins(biz, [biz.owner.token])).toHaveLength(2);
      // The owner is the only one who is listed for sure: second may not send them away as long as second is not listed.
      const sentAway = await service.call('POST', `/v1/users/${biz.owner.id}/deactivate`, {}, { token: second.token });
      expect(['200', 'last-super-admin']).toContain(sentAway.status === 200 ? '200' : problemOf(sentAway));
      expect((await superAdmins(biz, [biz.owner.token, second.token])).length).toBeGreaterThanOrEqual(1);
      if (sentAway.status !== 200) expectStatus(await demote(), 200);
    });
  });

  it('the same wish from many at once is one event a module', async () => {
    const biz = await business(service);
    const { id } = await invited(service, biz, 'crew');
    const LEVELS = ['read', 'write', 'manage'];
    const answers = await Promise.all(Array.from({ length: 24 }, (_, i) => service.call('PATCH', `/v1/users/${id}/permissions`, { overrides: { [['customers', 'quotes', 'invoices'][i % 3]!]: LEVELS[i % LEVELS.length] } }, { token: biz.owner.token })));
    expect(tally(answers)).toEqual({ 200: 24 });
    const { overrides, revision } = (await service.call('GET', `/v1/users/${id}`, undefined, { token: biz.owner.token })).body as { overrides: object; revision: number };
    expect(overrides).toEqual({ quotes: 'write', invoices: 'manage' });
    expect(revision).toBe(2);
  });
});
