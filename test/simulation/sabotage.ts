import type { Collection, DocumentStore, DocumentWrite } from '@rolebook/document-store';
import type { EventStore, EventToAppend } from '@rolebook/event-store';
import { createHash } from 'node:crypto';
import type { Durable } from './process';

/** Breaks what the simulation stands on, to show that it notices. Every one promises what a store promises, and does not keep it. */
export type Sabotage = (durable: Durable) => Durable;

/** What is sealed cannot be written twice: it is bound to the event's id. */
const UNSEALED = ['SessionStarted', 'SessionRevoked', 'SessionsRevoked', 'InvitationResent'];

/** Every seventh append is acknowledged and not kept. */
export const losesAppends = onEvents((store) => {
  let appends = 0;
  return {
    append: async (stream, expected, events) => {
      if (++appends % 7 !== 0) return store.append(stream, expected, events);
      const revision = (await store.readStream(stream)).length + events.length - 1;
      return { revision, position: await store.head() + events.length, recordedAt: '2026-03-01T08:00:00.000Z' };
    },
  };
});

/** Sessions and their ends are written down twice. */
export const doublesAppends = onEvents((store) => ({
  append: async (stream, expected, events) => {
    const result = await store.append(stream, expected, events);
    return events.every(({ type }) => UNSEALED.includes(type)) ? store.append(stream, 'any', events.map(anew)) : result;
  },
}));

/** What was kept under an Idempotency-Key is forgotten at once. */
export const forgetsKeys: Sabotage = (durable) => {
  const get: Durable['operational']['get'] = (bucket, key) => (bucket === 'idempotency' ? Promise.resolve(null) : durable.operational.get(bucket, key));
  const compareAndSet: Durable['operational']['compareAndSet'] = (...given) => (given[0] === 'idempotency' ? Promise.resolve(true) : durable.operational.compareAndSet(...given));
  return { ...durable, operational: changed(durable.operational, { get, compareAndSet }) };
};

/** An expected revision is not looked at. */
export const checksNoRevision = onEvents((store) => ({ append: (stream, _expected, events) => store.append(stream, 'any', events) }));

/** Every ninth document of a batch is passed over, and the checkpoint moves on. */
export const skipsDocuments = onDocuments((collection) => {
  let documents = 0;
  return { write: (writes, checkpoint) => collection.write(writes.filter(() => ++documents % 9 !== 0), checkpoint) };
});

/** The checkpoint is written at once, and the documents a moment later: a crash in between loses them. */
export const checkpointsFirst: Sabotage = (durable) => {
  const lives = new Map<string, number>();
  return onDocuments((collection) => {
    const { name } = collection.spec;
    const life = (lives.get(name) ?? 0) + 1;
    lives.set(name, life);
    let kept: readonly DocumentWrite[] = [];
    const flush = async () => {
      const writes = kept;
      kept = [];
      if (writes.length > 0 && lives.get(name) === life) await collection.write(writes);
    };
    return {
      write: async (writes, checkpoint) => {
        await flush();
        await collection.write([], checkpoint);
        kept = writes;
        setTimeout(() => { void flush(); }, 400);
      },
      getMany: async (ids) => { await flush(); return collection.getMany(ids); },
    };
  })(durable);
};

/** Every fourth mail is taken and not delivered. */
export const losesMails: Sabotage = (durable) => {
  let mails = 0;
  const mailbox = Object.assign([...durable.mailbox], { push: (...sent: (typeof durable.mailbox)[number][]) => (++mails % 4 === 0 ? mailbox.length : Array.prototype.push.apply(mailbox, sent)) });
  return { ...durable, mailbox };
};

function onEvents(over: (store: EventStore) => Partial<EventStore>): Sabotage {
  return (durable) => ({ ...durable, events: changed(durable.events, over(durable.events)) });
}

/** What is in the way of a collection is made anew whenever a process opens it. */
function onDocuments(over: (collection: Collection) => Partial<Collection>): Sabotage {
  return (durable) => {
    const open = async (spec: Parameters<DocumentStore['open']>[0]) => {
      const collection: Collection = await durable.documents.open(spec);
      return changed(collection, over(collection));
    };
    return { ...durable, documents: changed(durable.documents, { open: open as DocumentStore['open'] }) };
  };
}

/** A store with some of its methods replaced. */
function changed<Store extends object>(store: Store, methods: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name: keyof Store & (string | symbol)) {
      const value: unknown = methods[name] ?? target[name];
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** The same event once more, under another id: a UUID too. */
function anew(event: EventToAppend): EventToAppend {
  const hash = createHash('sha256').update(`again ${event.id}`).digest('hex');
  return { ...event, id: `${hash.slice(0, 8)}-${hash.slice(8, 12)}-7${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}` };
}
