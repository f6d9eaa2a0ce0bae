import { AvatarFiles } from '@rolebook/avatars/files';
import { MongoAvatars } from '@rolebook/avatars/mongodb';
import type { SealedAvatars } from '@rolebook/avatars';
import { checkMasterKey, parseMasterKey, type KeyStore, type MasterKey } from '@rolebook/crypto';
import { openMongoKeyStore } from '@rolebook/crypto/mongodb';
import { openSqliteKeyStore } from '@rolebook/crypto/sqlite';
import type { DocumentStore } from '@rolebook/document-store';
import { openMongoDocumentStore } from '@rolebook/document-store/mongodb';
import { openSqliteDocumentStore } from '@rolebook/document-store/sqlite';
import type { EventStore } from '@rolebook/event-store';
import { openEventStoreDb } from '@rolebook/event-store/eventstoredb';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';
import type { Clock } from '@rolebook/kernel';
import { openMongoClient } from '@rolebook/mongodb';
import type { OperationalStore } from '@rolebook/operational-store';
import { openMongoOperationalStore } from '@rolebook/operational-store/mongodb';
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

/** EventStoreDB for the events; MongoDB for the rest, in databases apart, so that keys can be backed up and guarded apart. */
async function openServers({ masterKey, mongoDatabase }: Config, clock: Clock, urls: { readonly eventStoreUrl: string; readonly mongoUrl: string }): Promise<Stores> {
  const client = openMongoClient(urls.mongoUrl);
  const [events, documents, operational, keys] = await Promise.all([
    openEventStoreDb({ url: urls.eventStoreUrl }), openMongoDocumentStore({ client, database: mongoDatabase }),
    openMongoOperationalStore({ client, database: `${mongoDatabase}-operational`, clock }), openMongoKeyStore({ client, database: `${mongoDatabase}-keys` }),
  ]);
  return {
    events, documents, operational, keys, masterKey: parseMasterKey(masterKey ?? ''), avatars: new MongoAvatars(client.db(`${mongoDatabase}-avatars`)),
    async close() {
      await Promise.all([events.close(), documents.close(), operational.close(), keys.close()]);
      await client.close();
    },
  };
}
