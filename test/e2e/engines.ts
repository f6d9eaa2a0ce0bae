import { openMongoClient } from '@rolebook/mongodb';
import { startEventStoreDbDouble, type EventStoreDbDouble } from '../eventstoredb-double';

/** The servers one service under test stands on. */
export interface Engines {
  /** Environment that points the service at them. */
  readonly env: Readonly<Record<string, string>>;
  /** `null` where EVENTSTORE_URL names a real server. */
  readonly double: EventStoreDbDouble | null;
  /** Removes what the service left in them. */
  dispose(): Promise<void>;
}

let counter = 0;

/**
 * The same suite runs on the embedded stores or, with `ROLEBOOK_TEST_ENGINES=on`, on servers: MongoDB where `MONGODB_URL` says, and
 * EventStoreDB where `EVENTSTORE_URL` says or, without it, a double of its own for each service.
 * @returns `null` for the embedded stores
 */
export async function startEngines(): Promise<Engines | null> {
  const { ROLEBOOK_TEST_ENGINES, EVENTSTORE_URL, MONGODB_URL } = process.env;
  if (ROLEBOOK_TEST_ENGINES !== 'on') return null;
  if (!MONGODB_URL) throw new Error('ROLEBOOK_TEST_ENGINES=on needs MONGODB_URL: start a server with `docker compose up mongodb` or test/engines/mongodb-server.sh');
  const double = EVENTSTORE_URL ? null : await startEventStoreDbDouble();
  // On a real EventStoreDB all services of a run see one log: they share the keys that open it.
  const database = EVENTSTORE_URL ? 'rolebook-e2e' : `rb-e2e-${process.pid}-${Date.now().toString(36)}-${counter++}`;
  return {
    double,
    env: {
      EVENTSTORE_URL: EVENTSTORE_URL ?? double!.url, MONGODB_URL, MONGODB_DATABASE: database, ROLEBOOK_HOST_FOLLOWERS: 'on',
      ROLEBOOK_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
    async dispose() {
      if (!EVENTSTORE_URL) {
        const client = openMongoClient(MONGODB_URL);
        for (const suffix of ['', '-operational', '-keys', '-avatars']) await client.db(`${database}${suffix}`).dropDatabase();
        await client.close();
      }
      await double?.stop();
    },
  };
}
