import type { Collection, DocumentStore } from '@rolebook/document-store';
import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import { contextOf, inMemoryWorld, type World } from '@rolebook/event-sourcing/spec-helpers';
import type { EventStore } from '@rolebook/event-store';
import type { DomainEvent, EventDefinitions, Projection } from '@rolebook/kernel';
import { Projector } from './projector';
import { DocumentReadModel } from './document-read-model';
import type { ReadModel } from './read-model';

export type Put = DomainEvent<'Put', { userId: string; item: string }>;
export type Emptied = DomainEvent<'Emptied', { userId: string }>;
export type BasketEvent = Put | Emptied;

export const basketEvents: EventDefinitions<BasketEvent> = {
  Put: { action: 'basket.put', user: 'userId', sealed: {}, changes: () => [] },
  Emptied: { action: 'basket.emptied', user: 'userId', sealed: {}, changes: () => [] },
};

export const put = (userId: string, item: string): Put => ({ type: 'Put', data: { userId, item } });
export const emptied = (userId: string): Emptied => ({ type: 'Emptied', data: { userId } });

export interface Basket {
  readonly id: string;
  readonly items: readonly string[];
}

/** What is in each basket, in order: an event applied twice, left out or in the wrong place shows. Chokes on `poison` and on `nowhere`. */
export const baskets: Projection<Basket, BasketEvent> = {
  collection: { name: 'baskets-1', indexes: [] },
  handles: ['Put', 'Emptied'],
  keys: ({ event }) => {
    if (event.type === 'Put' && event.data.item === 'nowhere') throw new Error('belongs nowhere');
    return [event.data.userId];
  },
  evolve: (basket, { event }, id) => {
    if (event.type === 'Emptied') return null;
    if (event.data.item === 'poison') throw new Error('cannot swallow this');
    return { id, items: [...(basket?.items ?? []), event.data.item] };
  },
};

/** Who has put how many things anywhere; takes everything. */
export const tallies: Projection<{ readonly id: string; readonly count: number }, Put> = {
  collection: { name: 'tallies-1', indexes: [] },
  handles: ['Put'],
  keys: ({ event }) => [event.data.userId],
  evolve: (tally, _recorded, id) => ({ id, count: (tally?.count ?? 0) + 1 }),
};

/** A projecting loop over stores in memory, which outlive it. */
export class Scene {
  readonly world: World = inMemoryWorld([{ definitions: basketEvents }]);
  readonly documents = new InMemoryDocumentStore();
  readonly problems: string[] = [];
  private commands = 0;

  /** @param over the stores as this loop sees them */
  projector(readModels: readonly ReadModel[] = [new DocumentReadModel(baskets)], over: { readonly events?: EventStore; readonly documents?: DocumentStore; readonly checkpointEvery?: number } = {}): Projector {
    return new Projector({
      events: over.events ?? this.world.store, codec: this.world.codec, documents: over.documents ?? this.documents, readModels,
      checkpointEvery: over.checkpointEvery ?? 0,
      onProblem: (message, details) => this.problems.push(`${message}: ${String(details.error)}`),
    });
  }

  /** Appends events, each to the stream of its user. */
  async happened(...events: BasketEvent[]): Promise<void> {
    for (const event of events) await this.world.streams.record(`basket-b1-${event.data.userId}`, contextOf({ commandId: `c${++this.commands}` }), [event]);
  }

  /** Everything in a collection, in the order of ids. */
  async contents(projection: { readonly collection: { readonly name: string; readonly indexes: readonly [] | readonly (readonly string[])[] } } = baskets): Promise<unknown[]> {
    const collection = await this.documents.open(projection.collection);
    return (await collection.scan({ limit: 1000 })).map(({ document }) => document);
  }

  async caughtUp(projector: Projector): Promise<void> {
    if (!(await projector.caughtUp(await this.world.store.head(), 10_000))) throw new Error('the read models did not catch up');
  }

  /** Runs a loop until it has caught up, then stops it. */
  async project(projector = this.projector()): Promise<Projector> {
    await projector.start();
    await this.caughtUp(projector);
    await projector.stop();
    return projector;
  }
}

type Write = Collection['write'];

/** A document store whose writes go through `write` first. */
export function writingThrough(store: DocumentStore, write: (inner: Write, ...args: Parameters<Write>) => Promise<void>): DocumentStore {
  return Object.assign(Object.create(store) as DocumentStore, {
    open: async (spec: Parameters<DocumentStore['open']>[0]) => {
      const collection = await store.open(spec);
      const inner: Write = (...args) => collection.write(...args);
      return {
        spec,
        get: (id: string) => collection.get(id),
        getMany: (ids: readonly string[]) => collection.getMany(ids),
        scan: (options: Parameters<Collection['scan']>[0]) => collection.scan(options),
        checkpoint: () => collection.checkpoint(),
        write: (...args: Parameters<Write>) => write(inner, ...args),
      };
    },
  });
}
