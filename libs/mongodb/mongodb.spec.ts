import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { MongoBulkWriteError, MongoServerError, type MongoClient } from 'mongodb';
import { bulkWrite } from './bulk-write';
import { MongoConnection, openMongoClient } from './connection';
import { describeWithMongo } from './spec-helpers';

class Away extends Error {}

const connectionTo = (target: ConstructorParameters<typeof MongoConnection>[0]) => new MongoConnection(target, (message, cause) => new Away(message, { cause }));

describeWithMongo('a connection to MongoDB', ({ url, client, database }) => {
  it('says that the server is away when the line is cut, in the middle of things too, and works again once it is back', async () => {
    const line = await openLine(client.options.hosts[0], url);
    const connection = connectionTo({ url: line.url, database: database() });
    const write = (n: number) => connection.run((db) => db.collection<{ _id: number }>('numbers').insertOne({ _id: n }));
    await write(0);

    line.hold();
    const underWay = Array.from({ length: 64 }, (_, at) => write(100 + at));
    const outcomes = Promise.allSettled(underWay);
    await line.asked();
    line.cut();
    for (const outcome of await outcomes) expect(outcome).toEqual({ status: 'rejected', reason: expect.any(Away) });
    await expect(connection.ping()).rejects.toThrow(Away);

    line.mend();
    await write(1);
    await connection.close();
    line.cut();
  });

  // What once held a service up for more than 90 s after an outage: looks at the server went over another connection, and all was well there.
  it('gives up a connection on which no answer comes while the server is well, and asks over another', async () => {
    const line = await openLine(client.options.hosts[0], url);
    const held = openMongoClient(line.url, { socketTimeoutMS: 500 });
    const name = database();
    const connection = connectionTo({ client: held, database: name });
    const seen: string[] = [];
    held.on('serverHeartbeatFailed', () => seen.push('heartbeat failed'));
    await connection.run((db) => db.collection<{ _id: number }>('numbers').insertOne({ _id: 1 }));
    const swallowed = line.swallow('numbers');
    // A read is asked again by the driver itself; of a write the outcome is not known, and its caller is told so or it is asked again by the same id.
    expect(await connection.run((db) => db.collection<{ _id: number }>('numbers').findOne({ _id: 1 }))).toEqual({ _id: 1 });
    await swallowed;
    expect(seen).toEqual([]);
    await Promise.all(Array.from({ length: 40 }, (_, n) => connection.run((db) => db.collection<{ _id: number }>('numbers').insertOne({ _id: 10 + n }))));
    await held.close();
    line.cut();
  });

  it('serves 64 callers at once', async () => {
    const connection = connectionTo({ client, database: database() });
    await Promise.all(Array.from({ length: 64 }, (_, n) => connection.run((db) => db.collection<{ _id: number }>('numbers').insertOne({ _id: n }))));
    expect(await connection.run((db) => db.collection('numbers').countDocuments())).toBe(64);
  });

  it('leaves a client that others share open, and closes its own', async () => {
    const name = database();
    const shared = connectionTo({ client, database: name });
    const own = connectionTo({ url, database: name });
    await Promise.all([shared.ping(), own.ping()]);
    await Promise.all([shared.close(), own.close(), own.close()]);
    await expect(shared.ping()).rejects.toThrow('closed');
    await expect(own.ping()).rejects.toThrow('closed');
    await connectionTo({ client, database: name }).ping();
  });

  it('passes on what is the caller\'s own fault as it is', async () => {
    const connection = connectionTo({ client, database: database() });
    await expect(connection.run((db) => db.command({ noSuchCommand: 1 }))).rejects.toThrow(MongoServerError);
    await expect(connection.run(async () => { throw new TypeError('mine'); })).rejects.toThrow(TypeError);
  });

  it('tells which operations of a bulk met another document, and fails for any other reason', async () => {
    const numbers = client.db(database()).collection<{ _id: number; n: number }>('numbers');
    const insert = (_id: number) => ({ insertOne: { document: { _id, n: 0 } } });
    expect(await bulkWrite(numbers, [])).toEqual({ matched: 0, duplicates: [] });
    expect(await bulkWrite(numbers, [insert(1), insert(2)])).toEqual({ matched: 0, duplicates: [] });
    const update = { updateOne: { filter: { _id: 3 }, update: { $set: { n: 1 } } } };
    expect(await bulkWrite(numbers, [insert(2), insert(3), insert(1), update])).toEqual({ matched: 1, duplicates: [0, 2] });
    await expect(bulkWrite(numbers, [insert(1), { updateOne: { filter: { _id: 2 }, update: { $inc: { _id: 1 } } } }])).rejects.toThrow(MongoBulkWriteError);
  });
});

describe('a client of MongoDB', () => {
  it('writes to a majority unless it is told otherwise', async () => {
    const client = openMongoClient('mongodb://127.0.0.1:9');
    expect(client.options.writeConcern).toMatchObject({ w: 'majority' });
    await client.close();
  });

  it('gives no connection up to silence for ever, as the driver would', async () => {
    const client = openMongoClient('mongodb://127.0.0.1:9');
    expect(client.options.socketTimeoutMS).toBeGreaterThan(5_000); // a majority may take as long
    expect(client.options.socketTimeoutMS).toBeLessThanOrEqual(30_000);
    await client.close();
  });
});

/** A line to the server that can be held (nothing gets through), cut (nobody gets an answer) and mended. */
async function openLine(server: MongoClient['options']['hosts'][number] | undefined, url: string): Promise<{ readonly url: string; hold(): void; asked(): Promise<void>; cut(): void; mend(): void; swallow(text: string): Promise<void> }> {
  const sockets = new Set<Socket>();
  let state: 'open' | 'held' | 'cut' = 'open';
  let wake: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (wake = resolve));
  let poison: { readonly text: string; readonly done: () => void } | null = null;
  const proxy = createServer((near) => {
    let isDead = false;
    if (state === 'cut') return void near.destroy();
    const far = connect(server?.port ?? 27_017, server?.host ?? '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => {
        if (from === near && poison && bytes.includes(poison.text)) {
          isDead = true;
          poison.done();
          poison = null;
        }
        if (isDead) return;
        if (state !== 'held') to.write(bytes);
        else if (from === near) wake();
      });
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
    return undefined;
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  proxy.unref();
  const credentials = /\/\/([^/@]*@)/.exec(url)?.[1] ?? '';
  const settings = new URLSearchParams(url.split('?')[1]);
  settings.delete('replicaSet');
  settings.set('directConnection', 'true');
  return {
    url: `mongodb://${credentials}127.0.0.1:${(proxy.address() as AddressInfo).port}/?${settings.toString()}`,
    hold: () => (state = 'held'),
    asked: () => asked,
    cut: () => {
      state = 'cut';
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    mend: () => (state = 'open'),
    /** The connection that carries this text next goes dead, as where a firewall has forgotten it; all the others go on. */
    swallow: (text) => new Promise((done) => (poison = { text, done })),
  };
}
