import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollectionSpec } from '@rolebook/kernel';
import { planCount, planPage } from '../plan';
import type { FindOptions } from '../port';
import { openSqliteDocumentStore } from './index';
import { layoutOf } from './layout';
import { countQuery, pageQuery, type Query } from './page-sql';
import { Reader } from './reader';
import { mergeQuery, postingsCountQuery, seekQuery } from './search-sql';
import { startOf } from './terms';

const spec: CollectionSpec = {
  name: 'people-1',
  indexes: [['kind', 'name'], ['kind', 'status', 'role', 'name'], ['name']],
  words: { field: 'words', within: ['kind'] },
};
const layout = layoutOf(spec);
const lists = [{ scope: 1, term: '4anna' }, { scope: 1, term: '4anne' }];

/** Every walk goes by an index from where the page begins: how many documents there are does not matter. */
describe('how SQLite finds a page', () => {
  let folder: string;
  let reader: Reader;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plans-'));
    const store = await openSqliteDocumentStore({ file: join(folder, 'documents.sqlite') });
    await store.open(spec);
    await store.close();
    reader = new Reader(join(folder, 'documents.people-1.sqlite'));
  });
  afterAll(async () => {
    reader.close();
    await rm(folder, { recursive: true });
  });

  const steps = (query: Query) => reader.explain(query).filter((step) => !/^(MERGE|LEFT|RIGHT)/.test(step));
  const page = (options: Omit<FindOptions, 'limit'>) => steps(pageQuery(planPage(spec, options), 20));
  const after = { value: 'Anna', id: 'p1' };
  const byName = (direction: 'asc' | 'desc') => ({ field: 'name', direction });
  const KIND_NAME = 'SEARCH documents USING INDEX by kind, name';
  const FOUR = 'SEARCH documents USING INDEX by kind, status, role, name';

  describe.each(['asc', 'desc'] as const)('going %s', (direction) => {
    const beyond = direction === 'asc' ? '>' : '<';
    it.each<[string, Omit<FindOptions, 'limit'>, string[]]>([
      ['a first page', { where: { kind: 'k' }, sort: byName(direction) }, [`${KIND_NAME} (f_kind=?)`]],
      ['a later page', { where: { kind: 'k' }, sort: byName(direction), after }, [`${KIND_NAME} (f_kind=? AND (f_name,id)${beyond}(?,?))`]],
      ['a range', { where: { kind: 'k' }, sort: byName(direction), range: { gte: 'A', lt: 'B' } }, [`${KIND_NAME} (f_kind=? AND f_name>? AND f_name<?)`]],
      ['combinations of values, merged', { where: { kind: 'k', status: ['a', 'b'], role: ['x', 'y'] }, sort: byName(direction), after },
        Array.from({ length: 4 }, () => `${FOUR} (f_kind=? AND f_status=? AND f_role=? AND (f_name,id)${beyond}(?,?))`)],
      ['ids', { sort: { field: 'id', direction }, after: { value: null, id: 'p' } }, [`SEARCH documents USING INDEX documents_id (id${beyond}?)`]],
    ])('%s enters an index where it begins and sorts nothing', (_, options, expected) => {
      expect(page(options)).toEqual(expected);
    });

    it('a later page within a range enters at its start, not at the end of the range', () => {
      const [step] = page({ where: { kind: 'k' }, sort: byName(direction), range: { gte: 'A', lte: 'Z' }, after: { value: 'M', id: 'p' } });
      expect(step).toContain(`(f_name,id)${beyond}(?,?)`);
    });

    it('lists of a search are merged in their order', () => {
      const plan = planPage(spec, { where: { kind: 'k', status: 'a', role: ['x', 'y'] }, sort: byName(direction), wordStarts: ['ann'], after });
      expect(steps(mergeQuery(layout, plan, lists, 0))).toEqual(lists.flatMap(() => [
        `SEARCH p USING PRIMARY KEY (scope=? AND term=? AND (sort,id)${beyond}(?,?))`, 'SEARCH d USING INTEGER PRIMARY KEY (rowid=?)',
      ]));
      expect(steps(seekQuery(plan, lists, 0, { sort: 'Anna', id: 'p', passed: false }))).toEqual(lists.map(() => `SEARCH postings_0 USING PRIMARY KEY (scope=? AND term=? AND (sort,id)${beyond}(?,?))`));
    });
  });

  it('counts by indexes alone', () => {
    expect(steps(countQuery(planCount(spec, { where: { kind: ['k', 'l'] } }), 100))).toEqual(expect.arrayContaining(['SEARCH documents USING COVERING INDEX by kind, name (f_kind=?)']));
    expect(steps(postingsCountQuery([1], startOf('ann'), 100)).some((step) => step.startsWith('SEARCH postings_0 USING PRIMARY KEY (scope=? AND term>? AND term<?)'))).toBe(true);
  });
});
