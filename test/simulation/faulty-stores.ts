import { KeyStoreUnavailable, type KeyStore } from '@rolebook/crypto';
import { DocumentStoreUnavailable, type Collection, type DocumentStore } from '@rolebook/document-store';
import { StoreUnavailable, type EventStore, type LoggedEvent, type SubscribeOptions } from '@rolebook/event-store';
import type { Document } from '@rolebook/kernel';
import { MailUnavailable, type Mail, type Mailer } from '@rolebook/mail';
import { OperationalStoreUnavailable, type OperationalStore } from '@rolebook/operational-store';
import type { Line } from './line';
import type { Random } from './random';

/** The log, as a process has it over its line. A subscription may break off; taken up again, it tells of what was not confirmed once more. */
export function logOver(line: Line, store: EventStore, random: Random): EventStore {
  const call = <T>(writes: boolean, work: () => Promise<T>) => line.call({ store: 'events', writes, unavailable: (message) => new StoreUnavailable(message), work });
  const deliver = async (options: SubscribeOptions, batch: readonly LoggedEvent[]): Promise<void> => {
    for (let at = 0; at < batch.length;) {
      const some = 1 + random.int(batch.length - at);
      await line.turn();
      if (line.blocked('events', false) || line.stumbles()) throw new StoreUnavailable('the subscription broke off');
      await options.onEvents(batch.slice(at, at + some));
      if (line.stumbles()) throw new StoreUnavailable('the subscription broke off before it was confirmed');
      at += some;
    }
  };
  return {
    append: (...given) => call(true, () => store.append(...given)),
    readStream: (...given) => call(false, () => store.readStream(...given)),
    readAll: (options) => call(false, () => store.readAll(options)),
    readAt: (positions) => call(false, () => store.readAt(positions)),
    head: () => call(false, () => store.head()),
    subscribe: (options) => call(false, () => store.subscribe({ ...options, onEvents: (batch) => deliver(options, batch), onEnd: (reason) => { if (!line.isDead) options.onEnd?.(reason); } })),
    ping: () => call(false, () => store.ping()),
    close: async () => undefined,
  };
}

/** Read models over a line: a write of several documents may be cut off after some of them, and before the checkpoint. */
export function documentsOver(line: Line, store: DocumentStore, random: Random): DocumentStore {
  const call = <T>(writes: boolean, work: () => Promise<T>, torn?: () => Promise<unknown>) =>
    line.call({ store: 'documents', writes, unavailable: (message) => new DocumentStoreUnavailable(message), work, ...(torn ? { torn } : {}) });
  const over = <Doc extends Document>(collection: Collection<Doc>): Collection<Doc> => ({
    spec: collection.spec,
    get: (id) => call(false, () => collection.get(id)),
    getMany: (ids) => call(false, () => collection.getMany(ids)),
    find: (options) => call(false, () => collection.find(options)),
    findRaw: (options) => call(false, () => collection.findRaw(options)),
    findBytes: (options) => call(false, () => collection.findBytes(options)),
    count: (options) => call(false, () => collection.count(options)),
    write: (writes, checkpoint) => call(true, () => collection.write(writes, checkpoint), () => collection.write(writes.filter(() => random.perMille(500)))),
    patch: (changes) => call(true, () => collection.patch(changes)),
    checkpoint: () => call(false, () => collection.checkpoint()),
    version: () => collection.version(),
    bulkLoad: () => call(true, () => collection.bulkLoad()),
    leftLoad: () => call(false, () => collection.leftLoad()),
    scan: (options) => call(false, () => collection.scan(options)),
  });
  return {
    open: async <Doc extends Document>(spec: Collection['spec']) => over<Doc>(await call(true, () => store.open<Doc>(spec))),
    hold: (loads) => call(true, () => store.hold(loads)),
    list: () => call(false, () => store.list()),
    drop: (name) => call(true, () => store.drop(name)),
    scrub: () => call(true, () => store.scrub()),
    ping: () => call(false, () => store.ping()),
    close: async () => undefined,
  };
}

export function operationalOver(line: Line, store: OperationalStore, random: Random): OperationalStore {
  const call = <T>(writes: boolean, work: () => Promise<T>, torn?: () => Promise<unknown>) =>
    line.call({ store: 'operational', writes, unavailable: (message) => new OperationalStoreUnavailable(message), work, ...(torn ? { torn } : {}) });
  return {
    get: (...given) => call(false, () => store.get(...given)),
    compareAndSet: (...given) => call(true, () => store.compareAndSet(...given)),
    putMany: (bucket, entries) => call(true, () => store.putMany(bucket, entries), () => store.putMany(bucket, entries.filter(() => random.perMille(500)))),
    delete: (...given) => call(true, () => store.delete(...given)),
    scan: (...given) => call(false, () => store.scan(...given)),
    sweep: () => call(true, () => store.sweep()),
    ping: () => call(false, () => store.ping()),
    close: async () => undefined,
  };
}

export function keysOver(line: Line, store: KeyStore): KeyStore {
  const call = <T>(writes: boolean, work: () => Promise<T>) => line.call({ store: 'keys', writes, unavailable: (message) => new KeyStoreUnavailable(message), work });
  return {
    getMany: (subjects) => call(false, () => store.getMany(subjects)),
    putIfAbsent: (...given) => call(true, () => store.putIfAbsent(...given)),
    destroy: (...given) => call(true, () => store.destroy(...given)),
    destroyed: () => call(false, () => store.destroyed()),
    scan: (options) => call(false, () => store.scan(options)),
    rewrap: (keys) => call(true, () => store.rewrap(keys)),
    getSecret: (name) => call(false, () => store.getSecret(name)),
    putSecretIfAbsent: (...given) => call(true, () => store.putSecretIfAbsent(...given)),
    putSecret: (...given) => call(true, () => store.putSecret(...given)),
    secretNames: () => call(false, () => store.secretNames()),
    ping: () => call(false, () => store.ping()),
    close: async () => undefined,
  };
}

/** A post office: what it has taken is delivered, even where it did not get round to saying so. */
export function postOver(line: Line, delivered: Mail[]): Mailer {
  return {
    send: (mail) => line.call({ store: 'mail', writes: true, unavailable: (message) => new MailUnavailable(message, 5), work: async () => { delivered.push(mail); } }),
    close: async () => undefined,
  };
}
