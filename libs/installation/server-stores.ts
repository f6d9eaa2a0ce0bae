import { MongoAvatars } from '@rolebook/avatars/mongodb';
import { parseMasterKey } from '@rolebook/crypto';
import { openMongoKeyStore } from '@rolebook/crypto/mongodb';
import { openMongoDocumentStore } from '@rolebook/document-store/mongodb';
import { openEventStoreDb } from '@rolebook/event-store/eventstoredb';
import type { Clock } from '@rolebook/kernel';
import { openMongoClient } from '@rolebook/mongodb';
import { openMongoOperationalStore } from '@rolebook/operational-store/mongodb';
import type { Config } from './config';

/**
 * EventStoreDB for the events; MongoDB for the rest, in databases apart, so that keys can be backed up and guarded apart.
 * A file of its own, loaded where servers are configured: their clients are a sixth of all code, and a start without them need not wait for it.
 */
export async function openServerStores({ masterKey, mongoDatabase }: Config, clock: Clock, urls: { readonly eventStoreUrl: string; readonly mongoUrl: string }) {
  const client = openMongoClient(urls.mongoUrl);
  const [events, documents, operational, keys] = await Promise.all([
    openEventStoreDb({ url: urls.eventStoreUrl }), openMongoDocumentStore({ client, database: mongoDatabase }),
    openMongoOperationalStore({ client, database: `${mongoDatabase}-operational`, clock }), openMongoKeyStore({ client, database: `${mongoDatabase}-keys` }),
  ]);
  return {
    events, documents, operational, keys, masterKey: parseMasterKey(masterKey ?? ''), avatars: new MongoAvatars(client.db(`${mongoDatabase}-avatars`)),
    async close(): Promise<void> {
      await Promise.all([events.close(), documents.close(), operational.close(), keys.close()]);
      await client.close();
    },
  };
}
