import { AvatarFiles } from '@rolebook/avatars/files';
import type { SealedAvatars } from '@rolebook/avatars';
import { checkMasterKey, type KeyStore, type MasterKey } from '@rolebook/crypto';
import { openSqliteKeyStore } from '@rolebook/crypto/sqlite';
import type { DocumentStore } from '@rolebook/document-store';
import { openSqliteDocumentStore } from '@rolebook/document-store/sqlite';
import type { EventStore } from '@rolebook/event-store';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';
import type { Clock } from '@rolebook/kernel';
import type { OperationalStore } from '@rolebook/operational-store';
import { openSqliteOperationalStore } from '@rolebook/operational-store/sqlite';
import { join } from 'node:path';
import type { Config } from './config';
import { embeddedMasterKey, prepareDataFolder } from './data-folder';

/** Where everything is kept, opened. */
export interface Stores {
  readonly events: EventStore;
  readonly documents: DocumentStore;
  readonly operational: OperationalStore;
  readonly keys: KeyStore;
  readonly avatars: SealedAvatars;
  readonly masterKey: MasterKey;
  close(): Promise<void>;
}

/**
 * Opens the stores that the configuration names: the embedded ones in the data folder, or EventStoreDB and MongoDB.
 * @throws {MasterKeyError} and the stores' own errors, each a sentence that says what to do
 */
export async function openStores(config: Config, clock: Clock): Promise<Stores> {
  prepareDataFolder(config.data);
  const { eventStoreUrl, mongoUrl } = config;
  const stores = eventStoreUrl !== null && mongoUrl !== null ? await openServers(config, clock, { eventStoreUrl, mongoUrl }) : await openEmbedded(config, clock);
  await checkMasterKey(stores.keys, stores.masterKey);
  return stores;
}

async function openEmbedded(config: Config, clock: Clock): Promise<Stores> {
  const file = (name: string) => join(config.data, name);
  const masterKey = embeddedMasterKey(config);
  const [events, documents, operational, keys] = await Promise.all([
    openSqliteEventStore({ file: file('events.db'), clock }), openSqliteDocumentStore({ file: file('read-models.db') }),
    openSqliteOperationalStore({ file: file('operational.db'), clock }), openSqliteKeyStore({ file: file('keys.db') }),
  ]);
  return {
    events, documents, operational, keys, masterKey, avatars: new AvatarFiles(file('avatars')),
    async close() { await Promise.all([events.close(), documents.close(), operational.close(), keys.close()]); },
  };
}

async function openServers(config: Config, clock: Clock, urls: { readonly eventStoreUrl: string; readonly mongoUrl: string }): Promise<Stores> {
  const { openServerStores } = await import('./server-stores.js');
  return openServerStores(config, clock, urls);
}
