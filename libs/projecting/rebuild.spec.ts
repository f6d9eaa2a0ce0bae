import fc from 'fast-check';
import type { BulkLoad, DocumentStore } from '@rolebook/document-store';
import type { EventStore } from '@rolebook/event-store';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import { DocumentReadModel } from './document-read-model';
import { rebuildReadModel, type RebuildParts } from './rebuild';
import { baskets, emptied, put, Scene, tallies, type Basket, type BasketEvent } from './spec-helpers';

const model = () => new DocumentReadModel(baskets);

function rebuild(scene: Scene, documents = scene.documents, over: Partial<RebuildParts> = {}) {
  return rebuildReadModel(model(), { events: scene.world.store, codec: scene.world.codec, documents, ...over });
}

async function contents(documents: InMemoryDocumentStore): Promise<unknown> {
  const collection = await documents.open(baskets.collection);
  return { checkpoint: await collection.checkpoint(), documents: await collection.scan({ limit: 1000 }) };
}

describe('a rebuild', () => {
  it('makes what following the log has made, and says so', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'), put('bob', 'hook'), emptied('bob'), put('anna', 'bolt'));
    const rebuilt = await rebuild(scene);
    expect(rebuilt).toEqual({ name: 'baskets-1', position: 4, events: 4, read: 4, thrownAway: null, documents: new Map([['baskets-1', 1]]), compared: new Map(), parked: [] });
    expect(await scene.contents()).toEqual([{ id: 'anna', items: ['rope', 'bolt'] }]);
  });

  it('takes the place of a read model that went wrong', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'));
    await scene.project();
    await (await scene.documents.open(baskets.collection)).write([{ id: 'ghost', document: { id: 'ghost', items: [] } as never, position: 9 }], 9);
    await rebuild(scene);
    expect(await contents(scene.documents)).toEqual({ checkpoint: 1, documents: [{ id: 'anna', document: { id: 'anna', items: ['rope'] }, position: 1 }] });
  });

  it('is gone on from by the loop', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'));
    await rebuild(scene);
    await scene.happened(put('anna', 'hook'));
    await scene.project();
    expect(await scene.contents()).toEqual([{ id: 'anna', items: ['rope', 'hook'] }]);
  });

  it('parks the streams that the loop would park, for good', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'), put('anna', 'poison'), put('anna', 'hook'), put('bob', 'hook'));
    const { parked } = await rebuild(scene);
    expect(parked).toEqual([{ stream: 'basket-b1-anna', position: 2, error: 'cannot swallow this' }]);
    const projector = await scene.project();
    expect(projector.status().readModels).toEqual([{ name: 'baskets-1', position: 4, parked }]);
    expect(await scene.contents()).toEqual([{ id: 'anna', items: ['rope'] }, { id: 'bob', items: ['hook'] }]);
  });

  it('lets a stream go that was parked and is fine now', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'poison'));
    await scene.project();
    const cured = { ...baskets, evolve: tallies.evolve as never };
    const rebuilt = await rebuildReadModel(new DocumentReadModel(cured), { events: scene.world.store, codec: scene.world.codec, documents: scene.documents });
    expect(rebuilt.parked).toEqual([]);
    const projector = await scene.project(scene.projector([new DocumentReadModel(cured)]));
    expect(projector.status().readModels[0]?.parked).toEqual([]);
  });

  it('leaves the old one alone where the log cannot be read to its end', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'));
    await scene.project();
    const events = Object.assign(Object.create(scene.world.store) as EventStore, { head: async () => 7 });
    await expect(rebuild(scene, scene.documents, { events })).rejects.toThrow('the log ends before position 7');
    expect(await contents(scene.documents)).toEqual({ checkpoint: 1, documents: [{ id: 'anna', document: { id: 'anna', items: ['rope'] }, position: 1 }] });
  });

  it('tells how the one that it replaced stood to the log', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'), put('bob', 'hook'), put('chai', 'bolt'), put('dao', 'nut'));
    await scene.project();
    const live = await scene.documents.open<Basket>(baskets.collection);
    await live.patch([{ id: 'bob', set: { items: 'something else' } }]);
    await live.write([{ id: 'chai', document: null, position: 4 }, { id: 'ghost', document: { id: 'ghost', items: [] }, position: 4 }]);
    const { compared } = await rebuild(scene, scene.documents, { compare: true });
    expect(compared).toEqual(new Map([['baskets-1', { equal: 2, differed: 1, missing: 1, extra: 1, undecided: 0, examples: ['bob', 'chai', 'ghost'] }]]));
    expect((await rebuild(scene, scene.documents, { compare: true })).compared).toEqual(new Map([['baskets-1', { equal: 4, differed: 0, missing: 0, extra: 0, undecided: 0, examples: [] }]]));
  });

  it('compares at one position, however far the two have come while they are gone through', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'), put('bob', 'hook'), put('chai', 'bolt'));
    await scene.project();
    // The loop goes on while documents are compared: the live one is ahead.
    const [store, happens] = [scene.documents, async () => { await scene.happened(emptied('anna'), put('bob', 'nut'), put('dao', 'hook')); await scene.project(); }];
    let scans = 0;
    const documents = { hold: store.hold.bind(store), open: async <Doc extends Document>(spec: CollectionSpec) => {
      const collection = await store.open<Doc>(spec);
      const scan = collection.scan.bind(collection);
      return Object.assign(collection, { scan: async (options: Parameters<typeof scan>[0]) => {
        if (scans++ === 0) await happens();
        return scan(options);
      } });
    } };
    const { compared, position } = await rebuildReadModel(model(), { events: scene.world.store, codec: scene.world.codec, documents, compare: true });
    expect([position, compared.get('baskets-1')]).toEqual([6, { equal: 3, differed: 0, missing: 0, extra: 0, undecided: 0, examples: [] }]);
  });

  it('does not compare what is changed outside of the log', async () => {
    const scene = new Scene();
    await scene.happened(put('anna', 'rope'));
    await scene.project();
    await (await scene.documents.open(baskets.collection)).patch([{ id: 'anna', set: { items: 'seen since' } }]);
    const { compared } = await rebuildReadModel(new DocumentReadModel(baskets, ['items']), { events: scene.world.store, codec: scene.world.codec, documents: scene.documents, compare: true });
    expect(compared.get('baskets-1')).toMatchObject({ equal: 1, differed: 0 });
  });

  it('comes to what the loop comes to, however few documents it holds at once', async () => {
    const event = fc.oneof(
      fc.tuple(fc.constantFrom('anna', 'bob', 'chai', 'dao'), fc.constantFrom('rope', 'hook', 'poison', 'nowhere')).map(([user, item]): BasketEvent => put(user, item)),
      fc.constantFrom('anna', 'bob', 'chai', 'dao').map((user): BasketEvent => emptied(user)),
    );
    await fc.assert(fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 5 }), async (history, held) => {
      const scene = new Scene();
      await scene.happened(...history);
      await scene.project();
      const anew = new InMemoryDocumentStore();
      await rebuild(scene, anew, { held });
      expect(await contents(anew)).toEqual(await contents(scene.documents));
    }), { numRuns: 60 });
  });

  describe('that died half-way', () => {
    const died = 'the process died here';

    /** Rebuilds, and dies once so many events were applied, and marked. */
    async function halfDone(scene: Scene, applied: number, documents = scene.documents, over: Partial<RebuildParts> = {}): Promise<void> {
      let left = applied;
      const { store } = scene.world;
      const readAll: EventStore['readAll'] = async (options) => {
        if (left-- <= 0) throw new Error(died);
        return store.readAll({ ...options, limit: 1 });
      };
      const events = { readAll, head: () => store.head(), readAt: (positions: readonly number[]) => store.readAt(positions) };
      await rebuildReadModel(model(), { events, codec: scene.world.codec, documents: undiscarded(documents), markedAfter: 1, ...over }).catch((error: Error) => expect(error.message).toBe(died));
    }

    it('is gone on with by the next one, which reads what is left of the log and comes to the same', async () => {
      const scene = new Scene();
      await scene.happened(put('anna', 'rope'), put('bob', 'poison'), put('anna', 'hook'), put('chai', 'bolt'));
      await halfDone(scene, 3);
      await scene.happened(put('anna', 'nut'), put('bob', 'rope'));
      const rebuilt = await rebuild(scene);
      expect(rebuilt).toMatchObject({ position: 6, events: 6, read: 3, thrownAway: null, parked: [{ stream: 'basket-b1-bob', position: 2 }] });
      expect(await scene.contents()).toEqual([{ id: 'anna', items: ['rope', 'hook', 'nut'] }, { id: 'chai', items: ['bolt'] }]);
      expect((await rebuild(scene)).read).toBe(6);
    });

    it('is not gone on with where the next is to begin anew', async () => {
      const scene = new Scene();
      await scene.happened(put('anna', 'rope'), put('anna', 'hook'));
      await halfDone(scene, 1);
      expect(await rebuild(scene, scene.documents, { anew: true })).toMatchObject({ read: 2, thrownAway: null });
    });

    it('is thrown away where it was of another definition', async () => {
      const scene = new Scene();
      await scene.happened(put('anna', 'rope'), put('anna', 'hook'));
      await halfDone(scene, 1);
      const others = new DocumentReadModel<Basket, BasketEvent>({ ...baskets, handles: ['Put'] });
      expect(await rebuildReadModel(others, { events: scene.world.store, codec: scene.world.codec, documents: scene.documents }))
        .toMatchObject({ read: 2, thrownAway: 'it was made by another definition of the read model' });
      expect(await scene.contents()).toEqual([{ id: 'anna', items: ['rope', 'hook'] }]);
    });

    it('is thrown away where the log is another one, or ends before', async () => {
      for (const [events, why] of [[[put('dao', 'bolt'), put('dao', 'nut')], 'at position 2 it had another event'], [[put('dao', 'bolt')], 'no event at position 2']] as const) {
        const [scene, restored] = [new Scene(), new Scene()];
        await scene.happened(put('anna', 'rope'), put('anna', 'hook'), put('anna', 'bolt'));
        await halfDone(scene, 2);
        await restored.happened(...events);
        const rebuilt = await rebuild(restored, scene.documents);
        expect(rebuilt).toMatchObject({ read: events.length, thrownAway: expect.stringContaining(why) as string });
        expect(await (await scene.documents.open(baskets.collection)).getMany(['anna', 'dao'])).toHaveLength(1);
      }
    });

    it('wherever and however often, comes to what the loop comes to', async () => {
      const event = fc.tuple(fc.constantFrom('anna', 'bob', 'chai'), fc.constantFrom('rope', 'hook', 'poison')).map(([user, item]): BasketEvent => put(user, item));
      await fc.assert(fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 20 }), fc.array(fc.nat(19), { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 4 }), async (history, deaths, held) => {
        const scene = new Scene();
        await scene.happened(...history);
        await scene.project();
        const anew = new InMemoryDocumentStore();
        for (const death of deaths) await halfDone(scene, death, anew, { held, markedAfter: 2 });
        await rebuild(scene, anew, { held });
        expect(await contents(anew)).toEqual(await contents(scene.documents));
      }), { numRuns: 60 });
    });
  });
});

/** A process that dies discards nothing. */
function undiscarded(documents: InMemoryDocumentStore): Pick<DocumentStore, 'open' | 'hold'> {
  return {
    hold: (loads) => documents.hold(loads),
    open: async <Doc extends Document>(spec: CollectionSpec) => {
      const collection = await documents.open<Doc>(spec);
      const kept = (load: BulkLoad<Doc>) => Object.assign(load, { discard: async () => undefined });
      const [begin, leftLoad] = [collection.bulkLoad.bind(collection), collection.leftLoad.bind(collection)];
      return Object.assign(collection, {
        bulkLoad: async (options: Parameters<typeof begin>[0]) => kept(await begin(options)),
        leftLoad: async () => {
          const left = await leftLoad();
          return left && { ...left, goOn: async () => kept((await left.goOn()) as BulkLoad<Doc>) };
        },
      });
    },
  };
}
