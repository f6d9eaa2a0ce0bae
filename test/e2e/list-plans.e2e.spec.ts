import { Collection } from 'mongodb';
import { Reader } from '../../libs/document-store/sqlite/reader';
import { business, invited, Service, type Business } from './harness';

const choices = (parameter: string, ...values: readonly string[]) => ['', ...values.map((value) => `&${parameter}=${encodeURIComponent(value)}`)];
const product = (...lists: readonly (readonly string[])[]): string[] => lists.reduce<string[]>((all, list) => all.flatMap((before) => list.map((more) => before + more)), ['']);

const statuses = choices('status', 'active', 'invited', 'invitation-expired', 'invited,invitation-expired', 'active,deactivated,erased,invitation-withdrawn');
const sorts = product(['&sort='], ['displayName', '-displayName', 'createdAt', '-createdAt', 'lastSeenAt', '-lastSeenAt']);
const USERS = product(statuses, choices('role', 'crew', 'crew,sales,admin'), choices('twoFactor', 'enabled', 'missing'), choices('q', 'a', 'som', 'olive owner'), sorts);
const COUNTS = product(statuses, choices('role', 'crew'), choices('twoFactor', 'missing'), choices('q', 'a'), ['&count=true']);

type Condition = Readonly<Record<string, unknown>>;
type Options = { readonly sort?: Condition };

/**
 * Whether an index leads to where a page begins: it holds what must be equal, and then the order. Asked of the
 * indexes and not of `explain`: a server reads a handful of documents through, whatever indexes there are (PostgreSQL, beneath another server).
 */
function leadsTo(keys: readonly string[], filter: Condition, { sort = {} }: Options): boolean {
  const conditions = (filter.$and as readonly Condition[] | undefined) ?? [filter];
  const fields = new Set(conditions.flatMap((condition) => Object.keys(condition)));
  const order = Object.keys(sort)[0];
  if (fields.has('_id') && keys[0] === '_id') return true;
  // A page begins somewhere in its order. A search goes by the beginning of its rarest word; the rest is looked for among what that finds, and in an order of its own sorted.
  const equal = fields.has('heads') ? ['e_businessId', 'heads'] : [...fields].filter((field) => field !== order);
  const leading = keys.slice(0, equal.length);
  return equal.every((field) => leading.includes(field)) && (order === undefined || fields.has('heads') || keys[equal.length] === order);
}

/**
 * Every combination of filters and orders that the contract has, asked for as a client does, a page and the one after it; and how the engine
 * goes about each question that came of it. Nothing that grows with the business may be read through or sorted.
 */
describe('every list there is', () => {
  let service: Service;
  let biz: Business;
  let people: readonly string[] = [];
  beforeAll(async () => {
    service = await Service.start();
    biz = await business(service);
    for (let n = 0; n < 6; n++) await invited(service, biz, n % 2 ? 'sales' : 'crew', { displayName: `Som Anna ${n}` });
    people = (await list('/v1/users?')).items.map(({ id }) => id);
  });
  afterAll(() => service.dispose());
  afterEach(() => jest.restoreAllMocks());

  const list = async (path: string): Promise<{ items: { id: string }[]; nextCursor?: string | null }> => {
    const answer = await service.call('GET', path, undefined, { token: biz.owner.token });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.body as never;
  };
  /** Of all lists. */
  const askAll = async (): Promise<void> => {
    const [first, other] = people as [string, string];
    const now = encodeURIComponent(new Date(service.clock.now()).toISOString());
    const audit = product(choices('actor', first, 'system'), choices('user', other), choices('action', 'user.invited', 'user.invited,session.started'), choices('from', '2026-01-01T00:00:00Z'), choices('to', '2036-01-01T00:00:00Z'), ['&order=asc', '&order=desc']);
    const paths = [
      ...USERS.map((query) => `/v1/users?limit=2${query}`), ...COUNTS.map((query) => `/v1/users?limit=2${query}`), ...product(choices('status', 'invited'), choices('role', 'crew'), choices('q', 'a')).map((query) => `/v1/users?limit=2&at=${now}${query}`),
      ...audit.map((query) => `/v1/audit?limit=2${query}`), `/v1/access?limit=2&at=${now}&module=jobs&level=read`, ...['/v1/me', `/v1/users/${first}`].map((of) => `${of}/sessions?limit=2`), `/v1/users/${other}/history?limit=2`,
    ];
    for (const path of paths) {
      const { nextCursor } = await list(path);
      if (nextCursor) await list(`${path}&cursor=${encodeURIComponent(nextCursor)}`);
    }
  };

  const embedded = process.env.ROLEBOOK_TEST_ENGINES !== 'on';
  (embedded ? it : it.skip)('goes by an index of SQLite to where its page begins', async () => {
    const asked = new Map<string, () => readonly string[]>();
    const record = (reader: Reader, sql: string, parameters: readonly unknown[]) => asked.set(sql, () => reader.explain({ sql, parameters } as never));
    for (const method of ['texts', 'numbers', 'rows', 'walk'] as const) {
      const original = Reader.prototype[method] as (...args: unknown[]) => unknown;
      jest.spyOn(Reader.prototype, method).mockImplementation(function (this: Reader, ...args: unknown[]) {
        const { sql, parameters } = args[0] as { sql: string; parameters: readonly unknown[] };
        record(this, sql, parameters);
        return original.apply(this, args) as never;
      });
    }
    await askAll();
    jest.restoreAllMocks();
    const plans = [...asked].filter(([sql]) => !sql.startsWith('PRAGMA')).map(([sql, explain]) => ({ sql, steps: explain() }));
    // Sorted and made distinct are the few matches of a search, counted before; what a search by no sort of its own finds.
    const isFew = (sql: string) => sql.includes('SELECT DISTINCT doc');
    const wrong = plans.filter(({ sql, steps }) => steps.some((step) => /^SCAN (documents|postings|d\b|p\b)/.test(step) || (/TEMP B-TREE/.test(step) && !isFew(sql))));
    expect(wrong).toEqual([]);
    expect(plans.length).toBeGreaterThan(100);
  }, 300_000);

  (embedded ? it.skip : it)('goes by an index of MongoDB', async () => {
    const asked = new Map<string, { filter: Condition; options: Options; indexes: () => Promise<readonly (readonly string[])[]> }>();
    const original = Collection.prototype.find as (...args: unknown[]) => unknown;
    jest.spyOn(Collection.prototype, 'find').mockImplementation(function (this: Collection, ...args: unknown[]) {
      const indexes = async () => (await this.indexes()).map(({ key }) => Object.keys(key as object));
      asked.set(`${this.collectionName} ${JSON.stringify(args)}`, { filter: (args[0] ?? {}) as Condition, options: (args[1] ?? {}), indexes });
      return original.apply(this, args) as never;
    });
    await askAll();
    jest.restoreAllMocks();
    const wrong: string[] = [];
    const known = new Map<string, readonly (readonly string[])[]>();
    for (const [question, { filter, options, indexes }] of asked) {
      const [collection = ''] = question.split(' ', 1);
      if (!collection.startsWith('documents_')) continue;
      const ofCollection = known.get(collection) ?? (await indexes());
      known.set(collection, ofCollection);
      if (!ofCollection.some((keys) => leadsTo(keys, filter, options))) wrong.push(question);
    }
    expect(wrong).toEqual([]);
    expect(asked.size).toBeGreaterThan(100);
  }, 300_000);
});
