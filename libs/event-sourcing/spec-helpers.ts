import { createMasterKey, createSubjectKeys, type KeyStore, type SubjectKeys } from '@rolebook/crypto';
import { createMemoryKeyStore } from '@rolebook/crypto/in-memory/key-store';
import type { EventStore } from '@rolebook/event-store';
import { InMemoryEventStore } from '@rolebook/event-store/in-memory';
import { CommandContext } from './command-context';
import { EventCodec } from './event-codec';
import { Streams } from './streams';

type Features = ConstructorParameters<typeof EventCodec>[1];

/** Everything that streams stand on, in memory; several nodes can share it. */
export interface World {
  readonly store: InMemoryEventStore;
  readonly keyStore: KeyStore;
  readonly keys: SubjectKeys;
  readonly codec: EventCodec;
  readonly streams: Streams;
  /** Another node: caches of its own over the same log and keys. `through` stands between it and the log. */
  node(through?: (store: EventStore) => EventStore): { readonly streams: Streams; readonly keys: SubjectKeys; readonly codec: EventCodec };
}

export function inMemoryWorld(features: Features): World {
  let now = Date.parse('2026-03-01T00:00:00.000Z');
  const store = new InMemoryEventStore({ now: () => now++ });
  const keyStore = createMemoryKeyStore();
  const masterKey = createMasterKey(new Uint8Array(32).fill(7));
  const node: World['node'] = (through = (same) => same) => {
    const keys = createSubjectKeys({ store: keyStore, masterKey, cacheSize: 100 });
    const codec = new EventCodec(keys, features);
    return { keys, codec, streams: new Streams(through(store), codec) };
  };
  return { store, keyStore, node, ...node() };
}

/** A command by Ann of business `b1`, from her desk. */
export function contextOf(over: Partial<CommandContext['given']> = {}): CommandContext {
  return new CommandContext({
    businessId: 'b1', actor: { type: 'user', id: 'ann' }, at: Date.parse('2026-03-01T12:00:00.000Z'), commandId: 'command-1', requestId: 'request-1', sessionId: 'session-1',
    ip: '192.0.2.7', device: 'Chrome on macOS', ...over,
  });
}
