/**
 * The contracts of the adapters and the whole e2e suite against servers:
 *
 *     MONGODB_URL=mongodb://127.0.0.1:27017/ [EVENTSTORE_URL=esdb://127.0.0.1:2113?tls=false] npm run test:engines [-- jest arguments]
 *
 * MongoDB is needed; `docker compose up mongodb` or test/engines/mongodb-server.sh start one. Without EVENTSTORE_URL each service under
 * test gets an EventStoreDB double of its own, and the output says so; the contract of the event store is held to the double by `npm test`
 * already, and is not run again. A server that does not answer is a failure, never a skip.
 */
const { spawnSync } = require('node:child_process');
const { MongoClient } = require('mongodb');

const SUITES = ['/libs/mongodb/', '/libs/[^/]+/mongodb/', '/test/e2e/', '/apps/auditor/src/commands/migrate\\.spec'];
const ON_EVENTSTOREDB = '/libs/event-store/eventstoredb/eventstoredb\\.spec';
const PATIENCE_MS = 5_000;

async function main() {
  const { MONGODB_URL, EVENTSTORE_URL } = process.env;
  if (!MONGODB_URL) throw new Error('MONGODB_URL is not set: name a MongoDB, or start one with `eval "$(bash test/engines/mongodb-server.sh start)"` and export it');
  console.error(`engines: MongoDB is ${await describeMongo(MONGODB_URL)}`);
  console.error(`engines: EventStoreDB is ${EVENTSTORE_URL ? await describeEventStore(EVENTSTORE_URL) : 'THE DOUBLE of test/eventstoredb-double, one for each service: EVENTSTORE_URL is not set'}`);

  const jest = require.resolve('jest/bin/jest');
  const suites = EVENTSTORE_URL ? [...SUITES, ON_EVENTSTOREDB] : SUITES;
  const { status, signal } = spawnSync(process.execPath, [jest, '--forceExit', '--testPathPatterns', ...suites, ...jestArguments()], {
    stdio: 'inherit',
    env: { ...process.env, ROLEBOOK_TEST_ENGINES: 'on' },
  });
  if (signal) throw new Error(`Jest was ended by ${signal}`);
  process.exitCode = status ?? 1;
}

/** Options begin with a dash; `--testPathPatterns` takes all that do not, so options end its list. */
function jestArguments() {
  const given = process.argv.slice(2);
  return given.length === 0 || given[0].startsWith('-') ? given : ['--', ...given];
}

async function describeMongo(url) {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: PATIENCE_MS });
  try {
    const { version, ferretdb } = await client.db('admin').command({ buildInfo: 1 });
    return ferretdb ? `FerretDB ${ferretdb.version}, speaking as MongoDB ${version}` : `MongoDB ${version}`;
  } catch (error) {
    throw new Error(`MONGODB_URL does not answer within ${PATIENCE_MS / 1000} s: ${error.message}`);
  } finally {
    await client.close();
  }
}

async function describeEventStore(url) {
  const { EventStoreDBClient } = require('@eventstore/db-client');
  const client = EventStoreDBClient.connectionString(url);
  try {
    for await (const _ of client.readAll({ maxCount: 1, deadline: PATIENCE_MS })) break;
    return url.replace(/\/\/[^@/]*@/, '//');
  } catch (error) {
    throw new Error(`EVENTSTORE_URL does not answer: ${error.message}`);
  } finally {
    await client.dispose();
  }
}

main().catch((error) => {
  console.error(`engines: NOT RUN: ${error.message}`);
  process.exit(1);
});
