import { business, expectStatus, member, problemOf, Service, type Business, type Person } from './harness';

describe('If-Match, positions, and reading what was written', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    crew = await member(service, biz, 'crew');
  });
  afterAll(() => service.dispose());

  const asOwner = (headers: Record<string, string> = {}) => ({ token: biz.owner.token, headers });
  const etag = async () => (await service.call('GET', `/v1/users/${crew.id}`, undefined, asOwner())).headers.etag!;

  describe('ETag and If-Match', () => {
    it('every GET of a user has the revision as ETag, HEAD too', async () => {
      const { headers, body } = await service.call('GET', `/v1/users/${crew.id}`, undefined, asOwner());
      expect(headers.etag).toBe(`"${body.revision}"`);
      expect((await service.call('HEAD', `/v1/users/${crew.id}`, undefined, asOwner())).headers.etag).toBe(headers.etag);
      const me = await service.call('GET', '/v1/me', undefined, { token: crew.token });
      expect(me.headers.etag).toBe(headers.etag);
    });

    const CHANGES: readonly (readonly [method: string, end: string, body: unknown, undo: readonly [string, string, unknown] | null])[] = [
      ['PATCH', '', { displayName: 'Once More' }, ['PATCH', '', { displayName: 'Crew Person' }]],
      ['PUT', '/role', { role: 'sales' }, ['PUT', '/role', { role: 'crew' }]],
      ['PATCH', '/permissions', { overrides: { quotes: 'write' } }, ['PATCH', '/permissions', { overrides: { quotes: null } }]],
      ['DELETE', '/sessions', undefined, null],
      ['POST', '/deactivate', {}, null],
      ['POST', '/reactivate', {}, null],
    ];
    it.each(CHANGES)('%s /v1/users/{id}%s: an old one is 412, the new one works, and the answer names the next', async (method, end, body, undo) => {
      const seen = await etag();
      const revision = Number(seen.slice(1, -1));
      const change = (match: string) => service.call(method, `/v1/users/${crew.id}${end}`, body, asOwner({ 'if-match': match }));
      for (const other of [`"${revision - 1}"`, `"${revision + 1}"`, `W/${seen}`, 'x', '"01"']) {
        expect(problemOf(await change(other))).toBe('stale');
      }
      expect(await etag()).toBe(seen);
      const done = await change(seen);
      expectStatus(done, 200);
      expect(await etag()).toBe(`"${revision + 1}"`);
      if (done.body.revision !== undefined) expect(done.headers.etag).toBe(`"${revision + 1}"`);
      expect(problemOf(await change(seen))).toBe('stale');
      if (undo) expectStatus(await service.call(undo[0], `/v1/users/${crew.id}${undo[1]}`, undo[2], asOwner({ 'if-match': '*' })), 200);
    });

    it('of many who saw the same, one changes it', async () => {
      const seen = await etag();
      const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => service.call('PATCH', `/v1/users/${crew.id}`, { displayName: `Number ${i}` }, asOwner({ 'if-match': seen }))));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 412)).toHaveLength(15);
    });

    it('is looked at after what is wrong with the request itself (RFC 9110, section 13.2.1)', async () => {
      const stale = asOwner({ 'if-match': '"999"' });
      expect(problemOf(await service.call('PATCH', `/v1/users/${crew.id}`, { displayName: '' }, stale))).toBe('validation');
      expect(problemOf(await service.call('PUT', `/v1/users/${crew.id}/avatar`, undefined, stale))).toBe('unsupported-media-type');
    });

    it('refuses who may not before it says what is stale', async () => {
      const other = await member(service, biz, 'crew');
      expect(problemOf(await service.call('PATCH', `/v1/users/${crew.id}`, { displayName: 'X Y' }, { token: other.token, headers: { 'if-match': '"999"' } }))).toBe('forbidden');
    });
  });

  describe('Rolebook-Position and Rolebook-After', () => {
    it('every change answers with a position, one that changes nothing too', async () => {
      const positions: string[] = [];
      for (const [method, path, body] of [['PATCH', '/v1/me', { phone: '+66812345678' }], ['PATCH', '/v1/me', { phone: '+66812345678' }], ['POST', '/v1/invitations', { email: 'p@x.example', role: 'crew' }], ['DELETE', '/v1/me/sessions', undefined]] as const) {
        const answer = await service.call(method, path, body, asOwner());
        positions.push(answer.headers['rolebook-position']!);
        expectStatus(await service.call('GET', '/v1/me', undefined, asOwner({ 'rolebook-after': answer.headers['rolebook-position']! })), 200);
      }
      expect(positions.every((position) => position.length > 0)).toBe(true);
    });

    it('what is no position is an error; what lies ahead is waited for, then 503', async () => {
      for (const after of ['x', '12', 'p', 'p-1', 'pzzzzzzzzzzzzzzzz']) expect(problemOf(await service.call('GET', '/v1/users', undefined, asOwner({ 'rolebook-after': after })))).toBe('validation');
      const ahead = await service.call('GET', '/v1/users', undefined, asOwner({ 'rolebook-after': 'pzzzzzz' }));
      expect(problemOf(ahead)).toBe('behind');
      expect(Number(ahead.headers['retry-after'])).toBeGreaterThan(0);
    });

    it('a GET waiting for a change that comes while it waits gets to see it', async () => {
      const { headers } = await service.call('PATCH', '/v1/me', { displayName: 'Before It' }, asOwner());
      const next = `p${(Number.parseInt(headers['rolebook-position']!.slice(1), 36) + 1).toString(36)}`;
      const waiting = service.call('GET', '/v1/me', undefined, asOwner({ 'rolebook-after': next }));
      expectStatus(await service.call('PATCH', '/v1/me', { displayName: 'After It' }, asOwner()), 200);
      expect((await waiting).body.displayName).toBe('After It');
    });
  });

  it('a list shows every change that was acknowledged before, under load', async () => {
    const missing: string[] = [];
    await Promise.all(Array.from({ length: 8 }, async (_, worker) => {
      for (let i = 0; i < 12; i++) {
        const email = `load-${worker}-${i}@load.example`;
        const made = await service.call('POST', '/v1/invitations', { email, role: 'crew' }, asOwner());
        const found = await service.call('GET', `/v1/users?q=load-${worker}-${i}`, undefined, asOwner());
        if (!(found.body.items as { id: string }[]).some(({ id }) => id === made.body.id)) missing.push(email);
      }
    }));
    expect(missing).toEqual([]);
    expect((await service.call('GET', '/v1/users?q=load&limit=1&count=true', undefined, asOwner())).body.total).toBe(96);
  });
});
