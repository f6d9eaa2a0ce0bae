import { randomBytes } from 'node:crypto';
import type { MongoClient } from 'mongodb';
import { openMongoClient } from './connection';

const url = process.env.MONGODB_URL;

/** A database of a spec's own on the server under test. */
export interface SpecServer {
  readonly url: string;
  /** Open for all specifications of the block. */
  readonly client: MongoClient;
  /** A name that no other run has; it is dropped at the end. */
  database(): string;
}

/** Specifications that need a server: those of MONGODB_URL, or reported by name as not run where it is not set. */
export function describeWithMongo(name: string, specifications: (server: SpecServer) => void): void {
  if (!url) {
    describe.skip(`${name} (not run: MONGODB_URL is not set)`, () => {
      it('needs a server that speaks the protocol of MongoDB', () => undefined);
    });
    return;
  }
  describe(name, () => {
    const client = openMongoClient(url);
    const databases: string[] = [];
    afterAll(async () => {
      for (const database of databases) await client.db(database).dropDatabase();
      await client.close();
    });
    specifications({
      url,
      client,
      database() {
        const database = `rolebook-spec-${randomBytes(6).toString('hex')}`;
        databases.push(database);
        return database;
      },
    });
  });
}
