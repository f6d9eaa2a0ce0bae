import { MongoClient, type CommandOperationOptions, type Db, type MongoClientOptions } from 'mongodb';
import { isUnavailable } from './errors';

/**
 * Milliseconds until a call gives up finding a server, or a connection; and between two looks at a server, which is how long
 * a server that went silent is believed in.
 */
const SELECTION_TIMEOUT_MS = 2_500;
const HEARTBEAT_MS = 1_000;
/**
 * How long after a look at a server the next one is at the soonest, in milliseconds. More than between two looks, so that none is ever made out of turn, in the
 * moment in which a call fails: where all connections are cut at once, the driver (7.9) then asks over one that is gone already, waits for it for ever,
 * and takes the server for away until the process is started again.
 */
const SOONEST_HEARTBEAT_MS = 1_500;
/** Connections of one process. More callers than this wait in line, at most so long. */
const POOL_SIZE = 32;
const QUEUE_TIMEOUT_MS = 5_000;

/**
 * Milliseconds without a byte after which an asked-for answer is given up, and the connection with it. The driver's own default is for ever: a
 * connection whose other end is gone without a word (a rebooted host, a firewall that forgot it) holds its caller until TCP gives up, minutes
 * later, though the server is well and looked at over another connection. Past the slowest that is asked, and not past what a caller waits.
 */
const SILENCE_MS = 30_000;
/** For work whose length is that of the data, such as making indexes of a collection that is full. */
export const UNHURRIED: CommandOperationOptions = { socketTimeoutMS: 0 } as CommandOperationOptions; // the driver takes it for each command, and does not say so

/**
 * A write counts once a majority of the replica set has it: it survives a failover, and a projector's checkpoint never stands above
 * documents that were rolled back. After 5 s without a majority its outcome is given up as unknown.
 */
const MAJORITY = { w: 'majority', wtimeoutMS: 5_000 } as const;
/** As that, and in the journals of that majority, whatever the replica set is configured for. */
export const DURABLE = { ...MAJORITY, journal: true } as const;

/** A database, by its address (then the adapter has a client of its own and closes it) or by a client that others share (and close). */
export type MongoTarget = ({ readonly url: string } | { readonly client: MongoClient }) & { readonly database: string };

/**
 * The one client of a process, for all of its adapters. It connects when first used, so opening it never fails for a server
 * that is away.
 * @param url `mongodb://` or `mongodb+srv://`
 * @param more what to set besides, such as `monitorCommands` for traces
 */
export function openMongoClient(url: string, more: MongoClientOptions = {}): MongoClient {
  return new MongoClient(url, {
    appName: 'rolebook',
    serverSelectionTimeoutMS: SELECTION_TIMEOUT_MS,
    connectTimeoutMS: SELECTION_TIMEOUT_MS,
    socketTimeoutMS: SILENCE_MS,
    heartbeatFrequencyMS: HEARTBEAT_MS,
    minHeartbeatFrequencyMS: SOONEST_HEARTBEAT_MS,
    maxPoolSize: POOL_SIZE,
    waitQueueTimeoutMS: QUEUE_TIMEOUT_MS,
    writeConcern: MAJORITY,
    ignoreUndefined: true,
    ...more,
  });
}

/** An adapter's hold on its database, where everything is written to a majority unless it is told otherwise. */
export class MongoConnection {
  readonly #client: MongoClient;
  readonly #ownsClient: boolean;
  readonly #db: Db;
  #closed = false;

  /** @param unavailable makes the port's own error for a server that does not answer */
  constructor(target: MongoTarget, private readonly unavailable: (message: string, cause?: unknown) => Error) {
    this.#ownsClient = 'url' in target;
    this.#client = 'url' in target ? openMongoClient(target.url) : target.client;
    this.#db = this.#client.db(target.database, { writeConcern: MAJORITY });
  }

  get db(): Db {
    return this.#db;
  }

  /** Does the work; a failure of the server or the way to it becomes the port's error. */
  async run<Result>(work: (db: Db) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw this.unavailable('the store is closed');
    try {
      return await work(this.#db);
    } catch (cause) {
      if (!isUnavailable(cause)) throw cause;
      throw this.unavailable(`MongoDB does not answer: ${(cause as Error).message}`, cause);
    }
  }

  async ping(): Promise<void> {
    await this.run((db) => db.command({ ping: 1 }));
  }

  /** What was asked before still has its answer where the client is shared. Again: no change. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#ownsClient) await this.#client.close();
  }
}
