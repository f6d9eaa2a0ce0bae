import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from '@rolebook/kernel';
import type { Collection, DocumentStore, FindOptions } from '../port';
import { openSqliteDocumentStore } from './index';

interface Person extends Document {
  readonly business: string;
  readonly status: string;
  readonly name: string;
  readonly joined: number;
  readonly words: readonly string[];
}

const FIRST = ['anna', 'annabel', 'anders', 'maria', 'marie', 'marius', 'zoe'];
const LAST = ['kowalska', 'kowal', 'nowak', 'adams', 'zander'];
const MANY = 6000;

/** Enough of them that every way of searching is taken: lists merged, few sorted, many tested, words sought in turn, here and in another thread. */
const everybody: readonly Person[] = Array.from({ length: MANY }, (_, at) => {
  const [first, last] = [FIRST[(at * 3) % 7] ?? '', LAST[(at * 7) % 5] ?? ''];
  const joined = (at * 13) % 500;
  // In no page's beginning, though many: these take so long that another thread must go on.
  const isAtTheEnd = first > 'm';
  const rare = [...(at % 1500 === 7 ? ['unicorn'] : []), ...(joined >= 320 ? ['late'] : [])];
  return {
    id: `p${String((at * 4001) % MANY).padStart(4, '0')}`,
    business: at % 10 === 0 ? 'small' : 'large',
    status: at % 97 === 0 ? 'rare' : isAtTheEnd ? 'end' : at % 2 === 0 ? 'even' : 'odd',
    name: `${first} ${last}`,
    joined,
    words: [first, last, `${first}.${last}${at}@x.example`, 'example', `n${at % 200}`, ...rare],
  };
});

describe('a search of many documents in SQLite', () => {
  let folder: string;
  let store: DocumentStore;
  let collection: Collection<Person>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'search-'));
    store = await openSqliteDocumentStore({ file: join(folder, 'documents.sqlite') });
    collection = await store.open<Person>({
      name: 'people-1',
      indexes: [['business', 'name'], ['business', 'status', 'name'], ['business', 'joined'], ['business', 'status', 'joined']],
      words: { field: 'words', within: ['business'] },
    });
    const load = await collection.bulkLoad();
    await load.add(everybody.map((document, at) => ({ id: document.id, document, position: at + 1 })));
    await load.finish(MANY);
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const starts = [
    ['a'], ['z'], ['e'], ['an'], ['ann'], ['anna'], ['annab'], ['anna.k'], ['mari'], ['marius'], ['kowal'], ['kowalska'], ['exampl'], ['n1'], ['n199'], ['unicorn'], ['u'],
    ['anna.kowalska'], ['anna.kowalska10@x.example'], ['anna.kowalska10'], ['nobody'], ['anna', 'kow'], ['kowal', 'zoe', 'n1'], ['anna', 'zoe'], ['example', 'unicorn'], ['a', 'z'], ['maria.', 'n7'], ['late'], ['late', 'anna'], ['exam', 'late'],
  ];
  const where: readonly NonNullable<FindOptions['where']>[] = [{ business: 'large' }, { business: ['small', 'large', 'none'] }, { business: 'large', status: 'rare' }, { business: ['large'], status: ['even', 'odd'] }, { business: ['small', 'large'], status: 'end' }];
  const sorts = [['name', 'asc'], ['name', 'desc'], ['joined', 'asc'], ['joined', 'desc']] as const;

  const inOrder = new Map(sorts.map(([field, direction]) => {
    const sign = direction === 'asc' ? 1 : -1;
    return [`${field} ${direction}`, everybody.toSorted((a, b) => sign * (a[field] < b[field] ? -1 : a[field] > b[field] ? 1 : a.id < b.id ? -1 : 1))];
  }));

  function matches(criteria: NonNullable<FindOptions['where']>, [field, direction]: (typeof sorts)[number], wordStarts: readonly string[]): readonly Person[] {
    const asked = Object.entries(criteria).map(([name, wanted]) => [name as keyof Person, [wanted].flat()] as const);
    return (inOrder.get(`${field} ${direction}`) ?? []).filter((person) =>
      asked.every(([name, wanted]) => wanted.includes(person[name] as string)) && wordStarts.every((start) => person.words.some((word) => word.startsWith(start))));
  }

  describe.each(starts.map((wordStarts) => ({ wordStarts })))('by $wordStarts', ({ wordStarts }) => {
    it.each(sorts)('gives the first pages by %s %s, whatever else is asked', async (field, direction) => {
      for (const criteria of where) {
        const all = matches(criteria, [field, direction], wordStarts).map(({ id }) => id);
        const query = { where: criteria, sort: { field, direction }, wordStarts, limit: 15 };
        const first = await collection.find(query);
        expect(first.map(({ id }) => id)).toEqual(all.slice(0, 15));
        const last = first.at(-1);
        if (last === undefined) continue;
        const second = await collection.find({ ...query, after: { value: last[field], id: last.id } });
        expect(second.map(({ id }) => id)).toEqual(all.slice(first.length, first.length + 15));
      }
    });

    it('counts them', async () => {
      for (const criteria of where) {
        const counted = await collection.count({ where: criteria, sort: { field: 'name', direction: 'asc' }, wordStarts });
        expect(counted).toBe(matches(criteria, ['name', 'asc'], wordStarts).length);
      }
    });
  });
});
