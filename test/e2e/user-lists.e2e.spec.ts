import { business, expectStatus, invited, member, problemOf, Service, signIn, type Answer, type Business } from './harness';

interface Item { readonly id: string; readonly displayName: string | null; readonly email: string; readonly status: string; readonly role: string; readonly createdAt: string }

/** Names as people have them, in the order a list gives them (without case, by code point). */
const NAMES = ['Anna Ångström', 'anton de Vries', 'Chai Crew', 'Émile Zola', 'Somchai Jaidee', 'กมล ใจดี', 'สมหญิง รักงาน'];

describe('lists of users', () => {
  let service: Service;
  let biz: Business;
  const ids = new Map<string, string>();
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    for (const [i, displayName] of NAMES.entries()) ids.set(displayName, (await invited(service, biz, i % 2 ? 'sales' : 'crew', { displayName })).id);
  });
  afterAll(() => service.dispose());

  const asOwner = () => ({ token: biz.owner.token });
  const list = (query = ''): Promise<Answer> => service.call('GET', `/v1/users${query}`, undefined, asOwner());
  const items = async (query: string): Promise<Item[]> => (await list(query)).body.items as Item[];
  const names = async (query: string) => (await items(query)).map(({ displayName }) => displayName);
  /** Every page, one after the other. */
  const pages = async (query: string, limit: number, between: (page: number) => Promise<unknown> = async () => undefined): Promise<Item[]> => {
    const all: Item[] = [];
    let cursor: string | null = '';
    for (let page = 0; cursor !== null; page++) {
      const answer: Answer = await list(`?limit=${limit}${query}${cursor ? `&cursor=${cursor}` : ''}`);
      expectStatus(answer, 200);
      all.push(...(answer.body.items as Item[]));
      cursor = answer.body.nextCursor as string | null;
      await between(page);
    }
    return all;
  };

  describe('order', () => {
    it('is by name without case; the other way round with a minus', async () => {
      const forward = await names('');
      const backward = await names('?sort=-displayName');
      expect(backward).toEqual([...forward].reverse());
      expect(forward.filter((name) => name === 'Anna Ångström' || name === 'anton de Vries' || name === 'Chai Crew')).toEqual(['Anna Ångström', 'anton de Vries', 'Chai Crew']);
      expect([...forward].sort()).toEqual([...NAMES, 'Olive Owner'].sort());
    });
    it('is by when they came', async () => {
      expect(await names('?sort=createdAt')).toEqual(['Olive Owner', ...NAMES]);
      expect(await names('?sort=-createdAt')).toEqual([...NAMES].reverse().concat('Olive Owner'));
    });
    it('is by when they were last seen; whoever never was comes first, or last', async () => {
      expect((await names('?sort=lastSeenAt')).at(-1)).toBe('Olive Owner');
      expect((await names('?sort=-lastSeenAt'))[0]).toBe('Olive Owner');
    });
  });

  describe('pages', () => {
    it.each([1, 2, 3, 7, 8, 200])('of %i hold everybody once, in the order of one page', async (limit) => {
      const whole = await items('?limit=200');
      expect(await pages('', limit)).toEqual(whole);
    });
    it.each(['&sort=-displayName', '&sort=createdAt', '&sort=-lastSeenAt', '&role=crew,sales&sort=-createdAt', '&q=a', '&status=invited&sort=lastSeenAt'])('with %s, too', async (query) => {
      expect(await pages(query, 2)).toEqual(await items(`?limit=200${query}`));
    });
    it('the last one has no cursor, not even where it is full', async () => {
      const { body } = await list(`?limit=${NAMES.length + 1}`);
      expect([body.items.length, body.nextCursor]).toEqual([NAMES.length + 1, null]);
    });
    it('people who come in between shift nothing and nobody is shown twice', async () => {
      const before = await items('?limit=200');
      const seen = await pages('', 2, async (page) => (page < 3 ? invited(service, biz, 'billing', { displayName: `Aaa Before ${page}` }) : undefined));
      expect(seen.filter(({ displayName }) => !displayName?.startsWith('Aaa'))).toEqual(before);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    });
  });

  describe('a cursor', () => {
    const cursor = async (query = '?limit=2') => (await list(query)).body.nextCursor as string;

    it('tampered with, cut or made up is refused', async () => {
      const good = await cursor();
      const bytes = Buffer.from(good, 'base64url');
      for (const position of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
        const other = Buffer.from(bytes);
        other[position]! ^= 1;
        expect(problemOf(await list(`?limit=2&cursor=${other.toString('base64url')}`))).toBe('invalid-cursor');
      }
      for (const other of [good.slice(1), good.slice(0, -2), `${good}AA`, 'abc', encodeURIComponent('{"id":"x"}')]) expect(problemOf(await list(`?limit=2&cursor=${other}`))).toBe('invalid-cursor');
      expect(problemOf(await list('?limit=2&cursor='))).toBe('validation');
    });
    it('belongs to its filters, its order and its list', async () => {
      const good = await cursor();
      for (const query of ['&sort=-displayName', '&sort=createdAt', '&role=crew', '&status=active', '&q=a', '&twoFactor=missing']) expect(problemOf(await list(`?limit=2${query}&cursor=${good}`))).toBe('invalid-cursor');
      expect(problemOf(await service.call('GET', `/v1/me/sessions?cursor=${good}`, undefined, asOwner()))).toBe('invalid-cursor');
      expectStatus(await list(`?limit=200&cursor=${good}`), 200);
    });
    it('tells nothing of whom it stands at', async () => {
      const good = await cursor();
      expect(Buffer.from(good, 'base64url').toString('latin1')).not.toMatch(/anna|anton|[0-9a-f]{8}-/i);
    });
    it('survives a restart', async () => {
      const good = await cursor();
      const rest = await names(`?limit=200&cursor=${good}`);
      await service.restart();
      expect(await names(`?limit=200&cursor=${good}`)).toEqual(rest);
    });
  });

  describe('filters', () => {
    it('status: without one invited and active; each alone; several together', async () => {
      const [withdrawn, gone] = [await invited(service, biz, 'crew', { displayName: 'With Drawn' }), await member(service, biz, 'crew', { name: 'Gone Away' })];
      expectStatus(await service.call('DELETE', `/v1/users/${withdrawn.id}/invitation`, undefined, asOwner()), 204);
      expectStatus(await service.call('POST', `/v1/users/${gone.id}/deactivate`, {}, asOwner()), 200);
      const usual = await names('?limit=200');
      expect(usual).not.toContain('With Drawn');
      expect(usual).not.toContain('Gone Away');
      expect(await names('?status=invitation-withdrawn')).toEqual(['With Drawn']);
      expect(await names('?status=deactivated')).toEqual(['Gone Away']);
      expect(await names('?status=active')).toEqual(['Olive Owner']);
      expect(await names('?status=invitation-withdrawn,deactivated')).toEqual(['Gone Away', 'With Drawn']);
      expect(await items('?status=invited,active&limit=200')).toEqual(await items('?limit=200'));
    });
    it('status tells an open invitation from an expired one', async () => {
      const whole = await items('?status=invited&limit=200');
      expect(await items('?status=invitation-expired')).toEqual([]);
      service.clock.shift(7 * 24 * 3600_000 + 1000);
      biz = { ...biz, owner: await signIn(service, biz.slug, biz.owner.email, biz.owner.id) };
      expect(await items('?status=invited')).toEqual([]);
      const expired = await items('?status=invitation-expired&limit=200');
      expect(expired.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
      expect(new Set(expired.map(({ status }) => status))).toEqual(new Set(['invitation-expired']));
      expect((await names('?limit=200')).length).toBe(whole.length + 1);
    });
    it('role, one or more', async () => {
      expect(new Set((await items('?role=crew&limit=200')).map(({ role }) => role))).toEqual(new Set(['crew']));
      expect((await items('?role=crew,sales&limit=200')).length).toBe(NAMES.length);
      expect(await names('?role=super-admin')).toEqual(['Olive Owner']);
      expect(await items('?role=operations')).toEqual([]);
    });
    it('two-factor', async () => {
      expect(await items('?twoFactor=enabled')).toEqual([]);
      expect((await items('?twoFactor=missing&limit=200')).length).toBe((await items('?limit=200')).length);
    });
    it('all at once', async () => {
      expect(await names('?role=sales&status=invitation-expired&twoFactor=missing&q=an&sort=-createdAt')).toEqual(['anton de Vries']);
    });
  });

  describe('search', () => {
    it.each([
      ['somch', 'Somchai Jaidee'], ['JAI', 'Somchai Jaidee'], ['anna', 'Anna Ångström'], ['emile', 'Émile Zola'], ['zola', 'Émile Zola'], ['vries', 'anton de Vries'], ['somchai jai', 'Somchai Jaidee'], ['jai som', 'Somchai Jaidee'], ['กมล', 'กมล ใจดี'], ['รัก', 'สมหญิง รักงาน'],
    ])('%s finds %s, by the start of any word', async (q, name) => {
      expect(await names(`?q=${encodeURIComponent(q)}`)).toEqual([name]);
    });
    it.each(['omchai', 'idee', 'anna zola', '%', '_', "'", '"', '*', '\\', "' OR 1=1 --"])('%s finds nobody', async (q) => {
      expect(await names(`?q=${encodeURIComponent(q)}`)).toEqual([]);
    });
    it('finds by the start of the address, in any case', async () => {
      const { email, id } = (await items('?q=chai'))[0]!;
      for (const q of [email, email.toUpperCase(), email.split('@')[0]!]) expect((await items(`?q=${encodeURIComponent(q)}`)).map((found) => found.id)).toEqual([id]);
    });
    it('follows a new name at once', async () => {
      const id = ids.get('Chai Crew')!;
      expectStatus(await service.call('PATCH', `/v1/users/${id}`, { displayName: 'Prasert Newname' }, asOwner()), 200);
      expect(await names('?q=newn')).toEqual(['Prasert Newname']);
      expect(await names('?q=chai')).toEqual([]);
    });
  });

  it('count=true adds how many there are in all, whatever the page', async () => {
    const whole = await items('?limit=200');
    expect((await list('?limit=1&count=true')).body.total).toBe(whole.length);
    expect((await list('?limit=1&count=true&role=sales')).body.total).toBe((await items('?role=sales')).length);
    expect((await list('?limit=1&count=true&q=somchai')).body.total).toBe(1);
    expect((await list('?limit=1&count=true&q=%25')).body.total).toBe(0);
    for (const status of ['invited', 'invitation-expired', 'active', 'invited,invitation-expired']) expect([status, (await list(`?limit=1&count=true&status=${status}`)).body.total]).toEqual([status, (await items(`?limit=200&status=${status}`)).length]);
    expect((await list('?limit=1&count=false')).body).not.toHaveProperty('total');
    expect((await list('?limit=1')).body).not.toHaveProperty('total');
  });
});
