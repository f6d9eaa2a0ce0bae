import type { CollectionSpec, Document } from '@rolebook/kernel';
import fc from 'fast-check';
import { fromBytes } from './bytes';
import { NoIndex, type Collection, type FindOptions, type Scalar } from './port';

export interface Person extends Document {
  readonly kind?: string;
  readonly name?: string | null;
  readonly age?: number | null;
  readonly active?: boolean | null;
  readonly words?: readonly string[];
  readonly [extra: string]: unknown;
}

export const people: CollectionSpec = {
  name: 'people-1',
  indexes: [['kind', 'name'], ['kind', 'active', 'name'], ['kind', 'age'], ['name'], ['active']],
  words: { field: 'words', within: ['kind'] },
};

/** The half of the contract that is about pages. */
export function documentPagesContract(current: () => Collection<Person>): void {
  const write = (...documents: Person[]) => current().write(documents.map((document) => ({ id: document.id, document, position: 1 })));
  const ids = async (options: FindOptions) => (await current().find(options)).map(({ id }) => id);
  const byName = (direction: 'asc' | 'desc' = 'asc') => ({ field: 'name', direction });

  describe('pages', () => {
    it('are sorted by code unit: capitals first, then accents, half of a pair before the end of the plane', async () => {
      const names = ['', ' ', 'A', 'Z', 'a', 'aa', 'é', 'ก', '\ud7ff', '😀', '\ue000', '\ufffd', '\uffff'];
      await write(...names.map((name, at) => ({ id: `p${at}`, kind: 'k', name })).reverse());
      const found = await current().find({ where: { kind: 'k' }, sort: byName(), limit: 50 });
      expect(found.map(({ name }) => name)).toEqual(names);
      expect(await current().find({ where: { kind: 'k' }, sort: byName('desc'), limit: 50 })).toEqual(found.toReversed());
    });

    it('put equals in order of their ids, and documents without a value first', async () => {
      await write({ id: 'c', kind: 'k', name: 'same' }, { id: 'a', kind: 'k', name: 'same' }, { id: 'z', kind: 'k', name: null }, { id: 'y', kind: 'k' });
      expect(await ids({ where: { kind: 'k' }, sort: byName(), limit: 9 })).toEqual(['y', 'z', 'a', 'c']);
      expect(await ids({ where: { kind: 'k' }, sort: byName('desc'), limit: 9 })).toEqual(['c', 'a', 'z', 'y']);
    });

    it('sort numbers by value and truth values false first', async () => {
      await write(...[10, 9, -1.5, 0, 1e12].map((age, at) => ({ id: `p${at}`, kind: 'k', age })), { id: 'none', kind: 'k' });
      expect(await ids({ where: { kind: 'k' }, sort: { field: 'age', direction: 'asc' }, limit: 9 })).toEqual(['none', 'p2', 'p3', 'p1', 'p0', 'p4']);
      await write({ id: 't', active: true }, { id: 'f', active: false });
      expect((await ids({ sort: { field: 'active', direction: 'desc' }, limit: 2 }))).toEqual(['t', 'f']);
    });

    it('tell values of different kinds apart', async () => {
      await write({ id: 'true', kind: 'k', active: true }, { id: 'false', kind: 'k', active: false }, { id: 'null', kind: 'k', active: null });
      const query = (active: Scalar) => ids({ where: { kind: 'k', active }, sort: byName(), limit: 9 });
      expect(await Promise.all([true, false, null, 1, 0, 'true'].map(query))).toEqual([['true'], ['false'], ['null'], [], [], []]);
    });

    it('are bounded on the sort field, ends in or out, and never hold what has no value', async () => {
      await write(...[1, 2, 3, 4].map((age) => ({ id: `p${age}`, kind: 'k', age })), { id: 'none', kind: 'k' });
      const between = (range: NonNullable<FindOptions['range']>) => ids({ where: { kind: 'k' }, sort: { field: 'age', direction: 'asc' }, range, limit: 9 });
      expect(await between({ gt: 1, lte: 3 })).toEqual(['p2', 'p3']);
      expect(await between({ gte: 1, lt: 3 })).toEqual(['p1', 'p2']);
      expect(await between({ lt: 3 })).toEqual(['p1', 'p2']);
      expect(await between({ gt: 1, gte: 3 })).toEqual(['p3', 'p4']);
      expect(await between({ gt: 3, lt: 2 })).toEqual([]);
      expect(await between({ gte: '' })).toEqual([]);
    });

    it('without a sort go by id', async () => {
      await write({ id: 'b', name: 'x' }, { id: 'a', name: 'y' }, { id: 'c', active: true });
      expect(await ids({ limit: 9 })).toEqual(['a', 'b', 'c']);
      expect(await ids({ where: { active: true }, limit: 9 })).toEqual(['c']);
      expect(await ids({ sort: { field: 'id', direction: 'desc' }, after: { value: null, id: 'c' }, limit: 9 })).toEqual(['b', 'a']);
    });

    it('come as JSON texts too', async () => {
      await write({ id: 'a', kind: 'k', name: 'Ä', extra: { deep: [1] } });
      expect(await current().findRaw({ where: { kind: 'k' }, sort: byName(), limit: 9 })).toEqual(['{"id":"a","kind":"k","name":"Ä","extra":{"deep":[1]}}']);
    });

    it('come as the bytes of those texts too, whatever letters they have, and in the same order', async () => {
      const names = ['Ä', '\u0e01\u0e02', '\u{1f600}', '\ud800', 'a\nb', 'plain'];
      await write(...names.map((name, at) => ({ id: `p${at}`, kind: 'k', active: at % 2 === 0, name, words: [name] })));
      for (const options of [
        { where: { kind: 'k' }, sort: byName(), limit: 4 }, { where: { kind: 'k' }, sort: byName('desc'), after: { value: 'b', id: 'p' }, limit: 9 },
        { where: { kind: ['k', 'l'] }, sort: byName('desc'), limit: 9 }, { where: { kind: 'k' }, sort: byName(), wordStarts: ['pla'], limit: 9 }, { where: { kind: 'none' }, sort: byName(), limit: 9 },
      ]) {
        const texts = await current().findRaw(options);
        const bytes = await current().findBytes(options);
        expect(bytes.map((text) => Buffer.from(text, 'latin1').toString('utf8'))).toEqual(texts);
        expect(bytes.map(fromBytes)).toEqual(texts);
      }
    });

    it('of any value of none are empty', async () => {
      await write({ id: 'a', kind: 'k', name: 'x' });
      expect(await ids({ where: { kind: [] }, sort: byName(), limit: 9 })).toEqual([]);
      expect(await current().findBytes({ where: { kind: [] }, sort: byName(), limit: 9 })).toEqual([]);
      expect(await current().count({ where: { kind: [] } })).toBe(0);
    });

    it.each<[string, FindOptions]>([
      ['a field that is in no index', { where: { colour: 'red' }, sort: byName(), limit: 1 }],
      ['fewer fields than the index has before its sort', { where: { active: true }, sort: byName(), limit: 1 }],
      ['a sort that the index does not have next', { where: { kind: 'k', active: true }, sort: { field: 'age', direction: 'asc' }, limit: 1 }],
      ['an index that is sorted by more', { where: { kind: 'k' }, limit: 1 }],
      ['a search without what it is within', { sort: byName(), wordStarts: ['a'], limit: 1 }],
      ['more combinations than can be merged', { where: { kind: Array.from({ length: 300 }, (_, at) => `k${at}`) }, sort: byName(), limit: 1 }],
    ])('are refused for %s', async (_, options) => {
      await expect(current().find(options)).rejects.toThrow(NoIndex);
      await expect(current().findRaw(options)).rejects.toThrow(NoIndex);
    });

    it.each<[string, object]>([
      ['undefined as a value', { where: { kind: undefined }, sort: byName(), limit: 1 }],
      ['an operator as a value', { where: { kind: { $gt: '' } }, sort: byName(), limit: 1 }],
      ['null as a bound', { where: { kind: 'k' }, sort: byName(), range: { gt: null }, limit: 1 }],
      ['bounds of two kinds', { where: { kind: 'k' }, sort: byName(), range: { gt: 1, lt: 'b' }, limit: 1 }],
      ['a range without a sort', { range: { gt: 1 }, limit: 1 }],
    ])('refuse %s', async (_, options) => {
      await expect(current().find(options as FindOptions)).rejects.toThrow(TypeError);
    });

    it.each([0, -1, 1.5, Number.NaN, Infinity])('refuse a limit of %s', async (limit) => {
      await expect(current().find({ limit })).rejects.toThrow(RangeError);
    });
  });

  describe('a search', () => {
    it('finds by the start of any word, each of those asked for', async () => {
      await write(
        { id: '1', kind: 'k', name: 'Anna Kowalska', words: ['anna', 'kowalska', 'ak'] },
        { id: '2', kind: 'k', name: 'Annabel Lee', words: ['annabel', 'lee', 'anna'] },
        { id: '3', kind: 'k', name: 'Joanna Lee', words: ['joanna', 'lee'] },
        { id: '4', kind: 'other', name: 'Anna', words: ['anna'] },
      );
      const search = (...wordStarts: string[]) => ids({ where: { kind: 'k' }, sort: byName(), wordStarts, limit: 9 });
      expect(await search('a')).toEqual(['1', '2']);
      expect(await search('an')).toEqual(['1', '2']);
      expect(await search('anna')).toEqual(['1', '2']);
      expect(await search('annab')).toEqual(['2']);
      expect(await search('le', 'ann')).toEqual(['2']);
      expect(await search('lee', 'l')).toEqual(['2', '3']);
      expect(await search('nna')).toEqual([]);
      expect(await search('annabell')).toEqual([]);
      expect(await search('%')).toEqual([]);
      expect(await search('')).toEqual(['1', '2', '3']);
      expect(await ids({ where: { kind: ['other', 'k'] }, sort: byName('desc'), wordStarts: ['anna'], limit: 2 })).toEqual(['2', '1']);
    });

    it('works in any sort that a page has', async () => {
      await write(
        { id: '1', kind: 'k', age: 3, active: true, name: 'b', words: ['anna'] },
        { id: '2', kind: 'k', age: 2, active: true, name: 'a', words: ['annabel'] },
        { id: '3', kind: 'k', age: 1, active: false, name: 'c', words: ['bert'] },
      );
      expect(await ids({ where: { kind: 'k' }, sort: { field: 'age', direction: 'asc' }, wordStarts: ['ann'], limit: 9 })).toEqual(['2', '1']);
      expect(await ids({ where: { kind: 'k', active: [true, false] }, sort: byName(), wordStarts: ['ann'], limit: 9 })).toEqual(['2', '1']);
      expect(await ids({ where: { kind: 'k' }, sort: byName(), range: { gt: 'a' }, wordStarts: ['ann'], limit: 9 })).toEqual(['1']);
    });

    it('follows a document through its changes', async () => {
      await current().write([{ id: '1', document: { id: '1', kind: 'k', name: 'x', words: ['anna'] }, position: 1 }]);
      await current().write([{ id: '1', document: { id: '1', kind: 'k', name: 'y', words: ['berta', 'anna'] }, position: 2 }]);
      expect(await current().count({ where: { kind: 'k' }, wordStarts: ['b', 'anna'] })).toBe(1);
      await current().write([{ id: '1', document: null, position: 3 }]);
      expect(await current().count({ where: { kind: 'k' }, wordStarts: ['a'] })).toBe(0);
    });
  });

  describe('whatever is asked', () => {
    const text = fc.constantFrom('', 'a', 'A', 'ab', 'é', 'ก', '\ud7ff', '😀', '😁a', '\ufffd', '\uffff');
    const word = fc.constantFrom('a', 'an', 'ann', 'anna', 'annab', 'annex', 'b', 'be', '😀a', 'กข');
    const person = fc.record({
      kind: fc.constantFrom('k', 'l', 'm'),
      name: fc.option(text),
      age: fc.option(fc.integer({ min: -2, max: 2 })),
      active: fc.option(fc.boolean()),
      words: fc.array(word, { maxLength: 3 }),
    });
    const kinds = fc.oneof(fc.constantFrom('k', 'l'), fc.subarray(['k', 'l', 'm']));
    const direction = fc.constantFrom<'asc' | 'desc'>('asc', 'desc');
    const range = (value: fc.Arbitrary<Scalar>) => fc.option(fc.record({ gt: value, gte: value, lt: value, lte: value }, { requiredKeys: [] }), { nil: undefined });
    const query = fc.oneof(
      fc.record({ where: fc.record({ kind: kinds }), sort: fc.record({ field: fc.constant('name'), direction }), range: range(text) }),
      fc.record({ where: fc.record({ kind: kinds, active: fc.constantFrom<Scalar | Scalar[]>(true, false, null, [true, null], [true, false]) }), sort: fc.record({ field: fc.constant('name'), direction }), range: range(text) }),
      fc.record({ where: fc.record({ kind: kinds }), sort: fc.record({ field: fc.constant('age'), direction }), range: range(fc.integer({ min: -2, max: 2 })) }),
      fc.record({ where: fc.record({ kind: kinds }), sort: fc.record({ field: fc.constant('name'), direction }), wordStarts: fc.array(fc.constantFrom('a', 'an', 'ann', 'anna', 'b', '😀', '\ud83d', 'x'), { maxLength: 2 }) }),
      fc.record({ sort: fc.record({ field: fc.constant('name'), direction }), range: range(text) }),
    ) as fc.Arbitrary<Omit<FindOptions, 'limit'>>;

    it('pages are the sorted matches cut in pieces, and the count is their number', async () => {
      let position = 0;
      await fc.assert(fc.asyncProperty(fc.array(person, { maxLength: 25 }), fc.array(query, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 4 }), async (documents, queries, limit) => {
        const before = await current().scan({ limit: 1000 });
        position += 2;
        const people = documents.map((one, at) => ({ ...one, id: `p${(at * 7) % 31}` }));
        await current().write([...before.map(({ id }) => ({ id, document: null, position })), ...people.map((document) => ({ id: document.id, document, position: position + 1 }))]);
        for (const options of queries) {
          const expected = matches(people, options);
          expect(await pageThrough(options, limit)).toEqual(expected);
          expect(await current().count(options)).toBe(expected.length);
        }
      }), { numRuns: 60 });
    });

    async function pageThrough(options: Omit<FindOptions, 'limit'>, limit: number): Promise<string[]> {
      const found: string[] = [];
      for (let after: FindOptions['after']; ; ) {
        const page = await current().find({ ...options, ...(after === undefined ? {} : { after }), limit });
        expect(page.length).toBeLessThanOrEqual(limit);
        found.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        if (last === undefined || page.length < limit) return found;
        after = { value: (last[options.sort?.field ?? 'id'] ?? null) as Scalar, id: last.id };
      }
    }
  });
}

/** What a page should hold, said in the plainest way. */
function matches(people: readonly Person[], { where = {}, sort, range = {}, wordStarts = [] }: Omit<FindOptions, 'limit'>): string[] {
  const field = sort?.field ?? 'id';
  const valueOf = (person: Person) => (person[field] ?? null) as string | number | null;
  const bounds = Object.entries(range) as [keyof typeof range, string | number][];
  return people
    .filter((person) => Object.entries(where).every(([name, wanted]) => [wanted].flat().includes((person[name] ?? null) as Scalar)))
    .filter((person) => wordStarts.every((start) => person.words?.some((one) => one.startsWith(start))))
    .filter((person) => bounds.every(([end, limit]) => {
      const value = valueOf(person);
      return value !== null && { gt: value > limit, gte: value >= limit, lt: value < limit, lte: value <= limit }[end];
    }))
    .sort((a, b) => {
      const [x, y] = [valueOf(a), valueOf(b)];
      const order = x === y ? (a.id < b.id ? -1 : 1) : x === null || (y !== null && x < y) ? -1 : 1;
      return sort?.direction === 'desc' ? -order : order;
    })
    .map(({ id }) => id);
}
