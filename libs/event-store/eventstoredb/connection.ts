import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb';
import type { AppendReq, AppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { status, type CallOptions, type ClientReadableStream, type Metadata, type ServiceError } from '@grpc/grpc-js';

export type ReadCall = ClientReadableStream<ReadResp>;

/**
 * The client's connection (discovery, leader, credentials, TLS, keep-alive) with the server's own messages on it.
 *
 * The client's `appendToStream` and `readAll` are not used, because they parse and rewrite JSON, so bytes do not survive them,
 * and metadata never reaches the caller as text; because a batch append has no deadline of its own and shares its failure
 * with every other client of the process; and because `readAll` cannot be filtered. Its extension points
 * (`execute`, `GRPCStreamCreator`, `callArguments`) and its generated stubs give all of that.
 */
export class Connection extends EventStoreDBClient {
  /** Whether there may be a channel: asking for it makes one. Unset at first, because no constructor of ours runs. */
  private used?: true;

  /**
   * @param url `esdb://...` or `esdb+discover://...`
   * @throws {Error} where the url is none, or a certificate file it names is missing
   */
  static open(url: string): Connection {
    // connectionString() always builds the base class, whose methods are bound to the instance.
    return Object.setPrototypeOf(EventStoreDBClient.connectionString(url), Connection.prototype) as Connection;
  }

  /** Starts a subscription. It must be read, or cancelled. */
  subscribe(request: ReadReq): Promise<ReadCall> {
    this.used = true;
    const [metadata, options] = this.callArguments({}, { deadline: Infinity });
    return this.GRPCStreamCreator(StreamsClient, 'subscribe', (client) => client.read(request, metadata, options))();
  }

  /** All answers of a read, from the leader: decisions need the latest word. @throws {ServiceError} */
  read(request: ReadReq, deadlineMs: number): Promise<ReadResp[]> {
    return this.call('read', deadlineMs, (client, metadata, options, resolve, reject) => {
      const answers: ReadResp[] = [];
      const call = client.read(request, metadata, options);
      call.on('data', (answer: ReadResp) => answers.push(answer));
      call.on('end', () => resolve(answers));
      call.on('error', reject);
    });
  }

  /** One append: the options first, then a message for each event. @throws {ServiceError} */
  append(messages: readonly AppendReq[], deadlineMs: number): Promise<AppendResp> {
    return this.call('append', deadlineMs, (client, metadata, options, resolve, reject) => {
      const call = client.append(metadata, options, (error: ServiceError | null, answer: AppendResp) => (error ? reject(error) : resolve(answer)));
      call.on('error', reject);
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  private call<T>(
    name: string,
    deadlineMs: number,
    start: (client: StreamsClient, metadata: Metadata, options: CallOptions, resolve: (answer: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    this.used = true;
    return this.execute(
      StreamsClient,
      name,
      (client) =>
        new Promise<T>((resolve, reject) => {
          const [metadata, options] = this.callArguments({ requiresLeader: true, deadline: deadlineMs });
          // A connection that nothing comes back on may be dead without knowing it. Only for an unavailable server
          // does the client make a new one.
          start(client, metadata, options, resolve, (error) => reject(hasTimedOut(error) ? new UnavailableError(error) : error));
        }),
    );
  }

  /** Cancels what is open and closes the channel, which the client's own `dispose` leaves open. */
  async close(): Promise<void> {
    await this.dispose();
    if (!this.used) return;
    const closed = this.getChannel().then((channel) => channel.close(), () => undefined);
    // While the client is still looking for a node there is no channel to wait for; it is closed once there is.
    await Promise.race([closed, new Promise((resolve) => setImmediate(resolve))]);
  }
}

function hasTimedOut(error: Error): error is ServiceError {
  return 'code' in error && error.code === status.DEADLINE_EXCEEDED;
}
