import { people, type Person } from './document-pages.contract';
import type { Collection, DocumentStore } from './port';

/** What every adapter says of the state that a collection is in. */
export function documentVersionContract(current: () => DocumentStore): void {
  describe('the version of a collection', () => {
    const put = (document: Person, position: number) => ({ id: document.id, document, position });
    /** In each of these ways, one after the other. */
    const changes = (one: Collection<Person>, another: Collection<Person>): readonly (() => Promise<void>)[] => [
      () => one.write([put({ id: 'a', kind: 'crew', name: 'Anna' }, 1)]),
      () => another.write([put({ id: 'b', kind: 'crew', name: 'Bert' }, 2)]),
      () => another.patch([{ id: 'a', set: { name: 'Änne' } }]),
      () => one.write([{ id: 'b', document: null, position: 3 }]),
      async () => {
        const load = await one.bulkLoad({ replace: true });
        await load.add([put({ id: 'c', kind: 'crew', name: 'Carl' }, 4)]);
        await load.finish(4);
      },
    ];

    it('is another after every change, whoever made it, and the same between reads; or never told', async () => {
      const [one, another] = [await current().open<Person>(people), await current().open<Person>(people)];
      const seen: (string | null)[] = [];
      const look = async () => {
        const before = one.version();
        await one.find({ where: { kind: 'crew' }, sort: { field: 'name', direction: 'asc' }, limit: 9 });
        expect(one.version()).toBe(before);
        seen.push(before);
      };
      await look();
      for (const change of changes(one, another)) {
        await change();
        await look();
      }
      if (seen[0] === null) expect(new Set(seen)).toEqual(new Set([null]));
      else expect(new Set(seen).size).toBe(seen.length);
    });
  });
}
