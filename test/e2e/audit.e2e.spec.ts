import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCheckpoint, fromBase64, parseCheckpoint, parseVerifierKey, splitLines, verifyConsistency, verifyExport, verifyInclusion } from '@rolebook/audit/proof';
import { business, CHROME, expectStatus, member, problemOf, Service, type Answer, type Business, type Person } from './harness';

const hash = (text: string) => fromBase64(text)!;

describe('the audit log', () => {
  let service: Service;
  let biz: Business;
  let crew: Person;
  let url: string;
  const get = (path: string, token = biz.owner.token): Promise<Answer> => service.call('GET', path, undefined, { token });

  beforeAll(async () => {
    service = await Service.start();
    await service.port();
    url = await service.http.getUrl();
    biz = await business(service);
    crew = await member(service, biz, 'crew', { name: 'Chai Crew' });
    expectStatus(await service.call('PATCH', `/v1/users/${crew.id}/permissions`, { overrides: { invoices: 'read' }, reason: 'covers for billing' }, { token: biz.owner.token, headers: { 'user-agent': CHROME } }), 200);
  });
  afterAll(() => service.dispose());

  it('tells who did what to whom, from where, and why, newest first', async () => {
    const { body } = await get('/v1/audit?action=user.permission-overridden');
    expect(body.items).toEqual([{
      id: expect.any(String), position: expect.any(Number), at: expect.stringMatching(/^\d{4}-.*Z$/), action: 'user.permission-overridden',
      actor: { type: 'user', id: biz.owner.id, displayName: 'Olive Owner' }, user: { id: crew.id, displayName: 'Chai Crew' },
      changes: [{ field: 'permissions.invoices', from: 'none', to: 'read' }], reason: 'covers for billing',
      context: { ip: '127.0.0.1', device: 'Chrome on macOS', sessionId: biz.owner.sessionId, requestId: expect.any(String) },
    }]);
    expect(body.nextCursor).toBeNull();
  });

  it('pages through all of it, each entry once, in both orders', async () => {
    await get('/v1/audit?order=asc');
    await get('/v1/audit?order=asc&limit=3');
    const walk = async (order: string) => {
      const ids: string[] = [];
      for (let cursor = ''; ;) {
        const { body } = await get(`/v1/audit?order=${order}&limit=3${cursor}`);
        ids.push(...body.items.map(({ id }: { id: string }) => id));
        if (body.nextCursor === null) return ids;
        cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`;
      }
    };
    const [asc, desc] = [await walk('asc'), await walk('desc')];
    expect(asc.length).toBeGreaterThan(8);
    expect(new Set(asc).size).toBe(asc.length);
    expect(desc).toEqual(asc.toReversed());
    expect((await get('/v1/audit?count=true&limit=1')).body.total).toBe(asc.length);
  });

  it('tells who wanted to look at what is not theirs to see, once for each thing and not each time', async () => {
    const nosy = await member(service, biz, 'crew', { name: 'Nok Nosy' });
    const looks = ['/v1/users', '/v1/users', `/v1/users/${biz.owner.id}`, `/v1/users/${crew.id}`, `/v1/users/${crew.id}`, '/v1/audit/export?format=csv'];
    for (const path of looks) expectStatus(await get(path, nosy.token), 403);
    await Promise.all([get('/v1/authorization?module=settings&level=read', nosy.token), get('/v1/users?nonsense=1', nosy.token), get('/v1/me', nosy.token)]);

    const { body } = await get(`/v1/audit?action=access.refused&actor=${nosy.id}&order=asc`);
    expect(body.items.map(({ user, changes, reason }: { user: { id: string } | null; changes: { to: string }[]; reason: string }) => [changes[0]!.to, user?.id ?? null, reason])).toEqual([
      ['GET /v1/users', null, 'This needs the level read on Settings.'],
      ['GET /v1/users/:id', biz.owner.id, 'This needs the level read on Settings.'],
      ['GET /v1/users/:id', crew.id, 'This needs the level read on Settings.'],
      ['GET /v1/audit/export', null, 'This needs the level read on Settings.'],
    ]);
  });

  it('filters by actor, user, action and time, in every combination', async () => {
    const all = (await get('/v1/audit?order=asc&limit=200')).body.items as { id: string; at: string; action: string; actor: { id: string | null; type: string }; user: { id: string } | null }[];
    const [from, to] = [all[2]!.at, all[all.length - 3]!.at];
    for (let mask = 1; mask < 32; mask++) {
      const filters = {
        ...(mask & 1 && { actor: biz.owner.id }), ...(mask & 2 && { user: crew.id }), ...(mask & 4 && { action: 'user.invited,user.permission-overridden,session.started' }),
        ...(mask & 8 && { from }), ...(mask & 16 && { to }),
      };
      const { body } = await get(`/v1/audit?order=asc&limit=200&${new URLSearchParams(filters).toString()}`);
      const known = new Set(all.map(({ id }) => id));
      expect(body.items.map(({ id }: { id: string }) => id).filter((id: string) => known.has(id))).toEqual(all.filter(({ at, action, actor, user }) =>
        (!filters.actor || actor.id === filters.actor) && (!filters.user || user?.id === filters.user) && (!filters.action || filters.action.split(',').includes(action))
        && (!filters.from || at >= filters.from) && (!filters.to || at <= filters.to)).map(({ id }) => id));
    }
  });

  it('is for those with Settings at read', async () => {
    for (const path of ['/v1/audit', '/v1/audit/export?format=csv', '/v1/audit/stream', '/v1/audit/checkpoint', '/v1/audit/proofs/consistency?from=1']) expect(problemOf(await get(path, crew.token))).toBe('forbidden');
  });

  it('refuses what it does not know', async () => {
    for (const query of ['action=user.flown', 'actor=me', 'user=1', 'from=yesterday', 'order=up', 'of=all', 'action=user.invited,user.invited']) expect(problemOf(await get(`/v1/audit?${query}`))).toBe('validation');
    expect(problemOf(await get('/v1/audit?cursor=forged'))).toBe('invalid-cursor');
  });

  it('says that it was looked at: once for a filter, not at every page', async () => {
    await get('/v1/audit?action=user.deactivated');
    await get('/v1/audit?action=user.deactivated&limit=1');
    const reviews = (await get('/v1/audit?action=audit.reviewed&limit=200')).body.items as { changes: { field: string; to: string }[] }[];
    expect(reviews.filter(({ changes }) => changes.some(({ field, to }) => field === 'filter.action' && to === 'user.deactivated'))).toHaveLength(1);
  });

  it('does not exist for another business', async () => {
    const other = await business(service);
    const entry = (await get('/v1/audit?limit=1')).body.items[0].id;
    expect(problemOf(await get(`/v1/audit/proofs/inclusion?entry=${entry}`, other.owner.token))).toBe('not-found');
    const seen = (await get('/v1/audit?limit=200', other.owner.token)).body.items as { user: { id: string } | null }[];
    expect(seen.filter(({ user }) => user?.id === crew.id)).toEqual([]);
  });

  describe('the proof', () => {
    const key = async () => parseVerifierKey((await service.call('GET', '/.well-known/rolebook-audit-key')).text);
    const checkpoint = async () => (await get('/v1/audit/checkpoint')).body as { size: number; rootHash: string; signature: string; keyId: string; at: string };

    it('a checkpoint is signed by the published key', async () => {
      const { size, keyId, ...rest } = await checkpoint();
      expect({ size, ...rest }).toEqual({ size: expect.any(Number), rootHash: expect.any(String), signature: expect.any(String), at: expect.any(String) });
      expect(keyId).toBe((await key()).keyId);
      expect(checkCheckpoint(parseCheckpoint(JSON.stringify({ size, keyId, ...rest })), biz.id, await key())).toBeNull();
    });

    it('checkpoints are published to a file that only grows', async () => {
      const lines = () => readFileSync(join(service.data, 'checkpoints', `${biz.id}.ndjson`), 'utf8').trim().split('\n');
      await service.call('PATCH', '/v1/me', { phone: null }, { token: crew.token });
      await service.restart();
      await service.port();
      url = await service.http.getUrl();
      const published = parseCheckpoint(lines().at(-1)!);
      expect(checkCheckpoint(published, biz.id, await key())).toBeNull();
      const { path, ...claim } = (await get(`/v1/audit/proofs/consistency?from=${published.head.size}`)).body;
      expect(verifyConsistency({ ...claim, fromRoot: published.head.rootHash, toRoot: hash((await checkpoint()).rootHash), path: path.map(hash) })).toBe(true);
    });

    it('an entry is proven to stand in the history, in trees of any size that hold it', async () => {
      const { size, rootHash } = await checkpoint();
      const entry = (await get('/v1/audit?order=asc&limit=5')).body.items[4].id;
      const { body } = await get(`/v1/audit/proofs/inclusion?entry=${entry}&size=${size}`);
      expect(verifyInclusion({ leafHash: hash(body.leafHash), leafIndex: 4, treeSize: size, rootHash: hash(rootHash), path: body.path.map(hash) })).toBe(true);
      expect((await get(`/v1/audit/proofs/inclusion?entry=${entry}&size=5`)).body).toEqual(expect.objectContaining({ leafIndex: 4, treeSize: 5 }));
      expect(problemOf(await get(`/v1/audit/proofs/inclusion?entry=${entry}&size=4`))).toBe('validation');
      expect(problemOf(await get(`/v1/audit/proofs/inclusion?entry=${entry}&size=100000`))).toBe('validation');
    });

    it('a later history is proven to begin with an earlier one', async () => {
      const before = await checkpoint();
      await service.call('PATCH', '/v1/me', { phone: '+66812345678' }, { token: crew.token });
      const after = await checkpoint();
      expect(after.size).toBeGreaterThan(before.size);
      const { body } = await get(`/v1/audit/proofs/consistency?from=${before.size}&to=${after.size}`);
      expect(verifyConsistency({ from: before.size, fromRoot: hash(before.rootHash), to: after.size, toRoot: hash(after.rootHash), path: body.path.map(hash) })).toBe(true);
      expect(problemOf(await get(`/v1/audit/proofs/consistency?from=3&to=2`))).toBe('validation');
      expect(problemOf(await get(`/v1/audit/proofs/consistency?from=1&to=100000`))).toBe('validation');
    });

    it.each(['', '&action=user.invited,session.started', '&from=2026-01-01T00:00:00.000Z'])('an export%s verifies offline against a checkpoint', async (filter) => {
      const before = await checkpoint();
      const answer = await fetch(`${url}/v1/audit/export?format=ndjson${filter}`, { headers: { authorization: `Bearer ${biz.owner.token}` } });
      expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
      const size = (await checkpoint()).size;
      expect(size).toBe(before.size + 1);
      const { path, ...claim } = (await get(`/v1/audit/proofs/consistency?from=${before.size}&to=${size}`)).body;
      const verdict = await verifyExport(splitLines([Buffer.from(await answer.arrayBuffer())]), { checkpoint: parseCheckpoint(JSON.stringify(before)), key: await key(), consistency: { ...claim, path: path.map(hash) } });
      expect(verdict).toEqual(expect.objectContaining({ problems: [], ok: true, businessId: biz.id }));
    });
  });

  it('gives a CSV for people', async () => {
    const answer = await fetch(`${url}/v1/audit/export?format=csv&user=${crew.id}`, { headers: { authorization: `Bearer ${biz.owner.token}` } });
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-[\dT-]+\.csv"$/);
    const lines = (await answer.text()).split('\r\n');
    expect(lines[0]).toContain('"id","position","at","action"');
    expect(lines.some((line) => line.includes('"user.permission-overridden"') && line.includes('"Chai Crew"'))).toBe(true);
    expect((await get('/v1/audit?action=audit.exported&limit=1')).body.items[0].changes).toEqual([{ field: 'format', from: null, to: 'csv' }, { field: 'filter.user', from: null, to: crew.id }]);
  });
});
