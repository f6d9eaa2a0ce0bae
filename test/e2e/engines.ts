import type { EventStore } from '@rolebook/event-store';
import type { Clock } from '@rolebook/kernel';
import { openMongoClient } from '@rolebook/mongodb';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '../eventstoredb-double';

/** The servers one service under test stands on. */
export interface Engines {
  /** Environment that points the service at them. */
  readonly env: Readonly<Record<string, string>>;
  /** `null` where EVENTSTORE_URL names a real server. */
  readonly double: EventStoreDbDouble | null;
  /** Writes all that the servers hold for this service into a folder, byte for byte as far as they give it back, for those who look for traces in files. */
  dump(events: EventStore, folder: string): Promise<void>;
  /** Removes what the service left in them. */
  dispose(): Promise<void>;
}

let counter = 0;

/**
 * The same suite runs on the embedded stores or, with `ROLEBOOK_TEST_ENGINES=on`, on servers: MongoDB where `MONGODB_URL` says, and
 * EventStoreDB where `EVENTSTORE_URL` says or, without it, a double of its own for each service.
 * @param clock of the service, and of the double. A real server has its own: what puts the clock forward and asks for the past fails there
 * @returns `null` for the embedded stores
 */
export async function startEngines(clock: Clock): Promise<Engines | null> {
  const { ROLEBOOK_TEST_ENGINES, EVENTSTORE_URL, MONGODB_URL } = process.env;
  if (ROLEBOOK_TEST_ENGINES !== 'on') return null;
  if (!MONGODB_URL) throw new Error('ROLEBOOK_TEST_ENGINES=on needs MONGODB_URL: start a server with `docker compose up mongodb` or test/engines/mongodb-server.sh');
  const double = EVENTSTORE_URL ? null : await startEventStoreDbDouble({ now: () => clock.now() });
  // On a real EventStoreDB all services of a run see one log: they share the keys that open it.
  const database = EVENTSTORE_URL ? 'rolebook-e2e' : `rb-e2e-${process.pid}-${Date.now().toString(36)}-${counter++}`;
  const databases = ['', '-operational', '-keys', '-avatars'].map((suffix) => `${database}${suffix}`);
  return {
    double,
    env: {
      EVENTSTORE_URL: EVENTSTORE_URL ?? double!.url, MONGODB_URL, MONGODB_DATABASE: database, ROLEBOOK_HOST_FOLLOWERS: 'on',
      ROLEBOOK_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
    async dump(events, folder) {
      writeFileSync(join(folder, 'events.json'), JSON.stringify(await events.readAll({ after: 0, limit: Number.MAX_SAFE_INTEGER })));
      await withClient(MONGODB_URL, async (client) => {
        for (const name of databases) {
          const db = client.db(name);
          for (const { name: collection } of await db.listCollections().toArray()) {
            writeFileSync(join(folder, `${name}.${collection}.bson`), Buffer.concat(await db.collection(collection).find({}, { raw: true }).toArray() as unknown as Buffer[]));
          }
        }
      });
    },
    async dispose() {
      if (!EVENTSTORE_URL) await withClient(MONGODB_URL, async (client) => { for (const name of databases) await client.db(name).dropDatabase(); });
      await double?.stop();
    },
  };
}

async function withClient(url: string, work: (client: ReturnType<typeof openMongoClient>) => Promise<void>): Promise<void> {
  const client = openMongoClient(url);
  try {
    await work(client);
  } finally {
    await client.close();
  }
}
