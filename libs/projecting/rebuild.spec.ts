import fc from 'fast-check';
import type { EventStore } from '@rolebook/event-store';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import { DocumentReadModel } from './document-read-model';
import { rebuildReadModel, type RebuildParts } from './rebuild';
import { baskets, emptied, put, Scene, tallies, type BasketEvent } from './spec-helpers';

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
    expect(rebuilt).toEqual({ name: 'baskets-1', position: 4, events: 4, documents: new Map([['baskets-1', 1]]), parked: [] });
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
});
