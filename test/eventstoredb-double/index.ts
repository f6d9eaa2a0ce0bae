import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { ClusterInfo, EndPoint, MemberInfo } from '@eventstore/db-client/generated/gossip_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import { UUID } from '@eventstore/db-client/generated/shared_pb';
import { StreamsService as StreamsDefinition } from '@eventstore/db-client/generated/streams_grpc_pb';
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { Faults } from './faults';
import { Front } from './front';
import { DoubleLog } from './log';
import { StreamsService } from './streams-service';

export type { FaultKind, Faults, Operation } from './faults';

const HOST = '127.0.0.1';

export interface DoubleOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** Where the log is kept, so that the double can be stopped and started again. Default: in memory only. */
  readonly file?: string;
  /** The server's clock, in milliseconds since the Unix epoch. */
  readonly now?: () => number;
  /** Whether the server writes events of its own between those of the users, as a real one does. Default: yes. */
  readonly systemEvents?: boolean;
  /** Bytes in one append, at most. Default: 1 MiB, as the server's. */
  readonly maxAppendSize?: number;
}

export interface EventStoreDbDouble {
  /** Connection string. */
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  stop(): Promise<void>;
}

/**
 * A stand-in for an EventStoreDB node, for tests: the same gRPC messages, from the stubs of the vendor's own client, over the same
 * rules for revisions, ids and positions. Left out: TLS, users and access rights, deleting, what stream metadata does
 * ($maxAge, $maxCount), links, persistent subscriptions, projections.
 */
export async function startEventStoreDbDouble(options: DoubleOptions = {}): Promise<EventStoreDbDouble> {
  const { now = Date.now, systemEvents = true, maxAppendSize = 1_048_576 } = options;
  const log = new DoubleLog({ now, file: options.file, systemEvents });
  const server = new Server();
  const inside = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)));
  });
  const front = new Front(inside);
  const port = await front.open(options.port ?? 0);
  const faults = new Faults(front, () => ({ host: HOST, port }));

  server.addService(StreamsDefinition, { ...new StreamsService(log, faults, maxAppendSize).implementation() });
  server.addService(ServerFeaturesService, {
    // No method is announced, so the vendor's client appends by plain calls instead of one long batch.
    getSupportedMethods: (_: unknown, callback: sendUnaryData<SupportedMethods>) => callback(null, new SupportedMethods().setEventStoreServerVersion('24.10.0')),
  });
  server.addService(GossipService, { read: (_: unknown, callback: sendUnaryData<ClusterInfo>) => callback(null, clusterOfOne(port)) });

  return {
    url: `esdb://${HOST}:${port}?tls=false`,
    port,
    faults,
    stop: async () => {
      await front.shut();
      server.forceShutdown();
    },
  };
}

function clusterOfOne(port: number): ClusterInfo {
  const self = new MemberInfo()
    .setInstanceId(new UUID().setString(crypto.randomUUID()))
    .setState(MemberInfo.VNodeState.LEADER)
    .setIsAlive(true)
    .setHttpEndPoint(new EndPoint().setAddress(HOST).setPort(port));
  return new ClusterInfo().setMembersList([self]);
}
