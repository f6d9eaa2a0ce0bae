import { openMongoClient } from '@rolebook/mongodb';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { call } from './http';
import { ask, CORE, startNode, startScript } from './pinned';
import { NotRun, type Bench } from './row';
import { freePort, ROOT, Service, SETUP_TOKEN } from './service';

const PASSWORD = 'correct horse battery staple 42';
const SLUG = 'bench-engines';
const OWNER = `owner@${SLUG}.example`;

/** What the bench says of a run: which servers it stood on. */
const DOUBLE = 'EventStoreDB\'s double (one process of Node, no fsync)';

/** Two api nodes and a projector, on MongoDB (`MONGODB_URL`) and on EventStoreDB (`EVENTSTORE_URL`, else its double), with one business. */
export class EngineNodes {
  private constructor(readonly a: Service, readonly b: Service, readonly eventStoreUrl: string, /** In words. */ readonly log: string, private readonly database: string) {}

  /** What is started ends with the row. @throws {NotRun} where there is no MongoDB */
  static async start(bench: Bench): Promise<EngineNodes> {
    const { MONGODB_URL, EVENTSTORE_URL } = process.env;
    if (!MONGODB_URL) throw new NotRun('MONGODB_URL is not set: see test/engines/README.md for a server');
    const folder = bench.scratch();
    const eventStoreUrl = EVENTSTORE_URL ?? (await ask<{ url: string }>(bench.during(startScript(join(__dirname, 'double.ts'), [], null)), { file: join(folder, 'log.ndjson') })).url;
    // On a real EventStoreDB earlier runs' events stand in the log: they need the database with their keys.
    const database = EVENTSTORE_URL ? 'rolebook-bench' : `rolebook-bench-${randomBytes(4).toString('hex')}`;
    const env = {
      EVENTSTORE_URL: eventStoreUrl, MONGODB_URL, MONGODB_DATABASE: database, ROLEBOOK_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), ROLEBOOK_HOST_FOLLOWERS: 'off',
      ROLEBOOK_SETUP_TOKEN: SETUP_TOKEN, ROLEBOOK_DATA: folder, NODE_ENV: 'production', NODE_PATH: join(ROOT, 'node_modules'),
    };
    const projector = join(process.env.ROLEBOOK_BENCH_DIST ?? join(ROOT, 'dist'), 'apps/projector/src/main.js');
    bench.during(startNode([projector], null, { ...process.env, ...env, PORT: String(await freePort()) }));
    const a = await Service.start({ data: folder, env });
    bench.during(a.process);
    const b = await Service.start({ data: folder, env, core: CORE.generator });
    bench.during(b.process);
    const nodes = new EngineNodes(a, b, eventStoreUrl, EVENTSTORE_URL ? 'EventStoreDB' : DOUBLE, database);
    await nodes.found();
    return nodes;
  }

  /** Signs the owner in. @returns the session's token and id */
  async signIn(): Promise<{ readonly token: string; readonly sessionId: string }> {
    const { body } = await call<{ accessToken: string; sessionId: string }>(this.a, 'POST', '/v1/auth/sign-in', { body: { business: SLUG, email: OWNER, password: PASSWORD } });
    return { token: body.accessToken, sessionId: body.sessionId };
  }

  /** Removes what the run left in MongoDB; a real EventStoreDB keeps its events, and so their keys are kept too. */
  async forget(): Promise<void> {
    if (process.env.EVENTSTORE_URL) return;
    const client = openMongoClient(process.env.MONGODB_URL as string);
    for (const suffix of ['', '-operational', '-keys', '-avatars']) await client.db(`${this.database}${suffix}`).dropDatabase();
    await client.close();
  }

  private async found(): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.a.port}/v1/businesses`, {
      method: 'POST', headers: { 'setup-token': SETUP_TOKEN, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Bench of the engines', slug: SLUG, owner: { email: OWNER, displayName: 'Olive Owner', password: PASSWORD } }),
    });
    if (!answer.ok && answer.status !== 409) throw new Error(`the business was not made: ${answer.status} ${await answer.text()}`);
  }
}
