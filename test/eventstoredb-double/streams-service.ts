import { Empty, StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import type { IStreamsServer } from '@eventstore/db-client/generated/streams_grpc_pb';
import { type AppendReq, AppendResp, ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { status, type ServerReadableStream, type ServerWritableStream, type sendUnaryData, type ServiceError } from '@grpc/grpc-js';
import { failure, type Faults, type FaultKind } from './faults';
import type { DoubleLog, Expected, LogRecord, ProposedEvent } from './log';

type ReadCall = ServerWritableStream<ReadReq, ReadResp>;
const STORES_FIRST: readonly FaultKind[] = ['lost', 'timeout', 'lost-in-silence'];

/** `event_store.client.streams.Streams`: append, read and subscribe. Deleting is left out: the product never does. */
export class StreamsService {
  constructor(private readonly log: DoubleLog, private readonly faults: Faults, private readonly maxAppendSize: number) {}

  implementation(): Pick<IStreamsServer, 'read' | 'append'> {
    return {
      append: (call: ServerReadableStream<AppendReq, AppendResp>, callback: sendUnaryData<AppendResp>) => {
        const messages: AppendReq[] = [];
        call.on('data', (message: AppendReq) => messages.push(message));
        call.on('end', () => void this.append(messages, callback));
      },
      read: (call: ReadCall) => {
        this.read(call).catch((error: Error) => call.emit('error', { code: status.UNKNOWN, details: error.message }));
      },
    };
  }

  private async append([header, ...proposed]: readonly AppendReq[], callback: sendUnaryData<AppendResp>): Promise<void> {
    const fault = this.faults.meet('append');
    const options = header?.getOptions();
    if (!options) return callback({ code: status.INVALID_ARGUMENT, details: 'options come first' });
    const events = proposed.map(toProposed);
    const size = events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
    await this.faults.late();
    if (size > this.maxAppendSize) {
      return callback(failure(status.INVALID_ARGUMENT, `Maximum Append Size of ${this.maxAppendSize} Exceeded.`, 'maximum-append-size-exceeded', { 'maximum-append-size': String(this.maxAppendSize) }));
    }
    if (fault === 'forgotten') {
      const current = this.log.stream(nameOf(options.getStreamIdentifier())).length - 1;
      return callback(null, conflict(current < 0 ? null : current, options));
    }
    if (fault && !STORES_FIRST.includes(fault)) return this.fail(fault, callback);
    const outcome = this.log.append(nameOf(options.getStreamIdentifier()), expectedOf(options), events);
    if (fault) return this.fail(fault, callback);
    callback(null, 'wrong' in outcome ? conflict(outcome.actual, options) : success(outcome.last));
  }

  private fail(fault: FaultKind, callback: sendUnaryData<AppendResp>): void {
    const error = this.faults.errorOf(fault);
    if (error) callback(error);
  }

  private async read(call: ReadCall): Promise<void> {
    const options = call.request.getOptions() as ReadReq.Options;
    const fault = this.faults.meet(options.hasSubscription() ? 'subscribe' : 'read');
    await this.faults.late();
    if (fault) {
      const error = this.faults.errorOf(fault);
      if (error) call.emit('error', error as ServiceError);
      return;
    }
    if (options.hasSubscription()) return this.follow(call, options);
    const { stream, records } = this.select(options);
    if (stream !== null && this.log.stream(stream).length === 0) {
      call.write(new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identifier(stream))));
      return void call.end();
    }
    for (const record of records) if (!(await send(call, new ReadResp().setEvent(readEvent(record, stream === null))))) return;
    call.end();
  }

  /** What a read asks for, in its order. */
  private select(options: ReadReq.Options): { stream: string | null; records: readonly LogRecord[] } {
    const count = Number(options.getCount());
    const backwards = options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS;
    const place = options.getStream();
    if (place) {
      const stream = nameOf(place.getStreamIdentifier());
      const all = this.log.stream(stream);
      const from = place.hasRevision() ? Number(place.getRevision()) : place.hasEnd() ? all.length - 1 : 0;
      return { stream, records: backwards ? all.slice(0, from + 1).reverse().slice(0, count) : all.slice(from, from + count) };
    }
    const passes = filterOf(options);
    const records: LogRecord[] = [];
    const step = backwards ? -1 : 1;
    // Backwards the place is excluded, forwards included.
    for (let index = this.startOf(options.getAll()) + (backwards ? -1 : 0); records.length < count; index += step) {
      const record = this.log.records[index];
      if (!record) break;
      if (passes(record)) records.push(record);
    }
    return { stream: null, records };
  }

  private startOf(all: ReadReq.Options.AllOptions | undefined): number {
    const position = all?.getPosition();
    if (!position) return all?.hasEnd() ? this.log.records.length : 0;
    const index = this.log.indexOf(Number(position.getCommitPosition()));
    // In the middle of a record the server finds nothing it understands.
    if (this.log.records[index]?.position !== Number(position.getCommitPosition())) throw new NoSuchPosition(position.getCommitPosition());
    return index;
  }

  private async follow(call: ReadCall, options: ReadReq.Options): Promise<void> {
    const state = { silent: false, over: false };
    let wake: () => void = () => undefined;
    const leave = this.faults.subscribed(() => (state.silent = true), () => {
      state.over = true;
      wake();
      call.end();
    });
    const unhear = this.log.onAppend(() => wake());
    call.on('cancelled', () => {
      state.over = true;
      wake();
    });

    const source = options.getStream() ? () => this.log.stream(nameOf(options.getStream()?.getStreamIdentifier())) : () => this.log.records;
    const filter = options.getFilter();
    const passes = filterOf(options);
    const interval = filter ? (filter.hasMax() ? filter.getMax() : 32) * filter.getCheckpointintervalmultiplier() : Infinity;
    let index = this.firstAfter(options);
    let caughtUp = false;
    await send(call, new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(crypto.randomUUID())));
    for (let considered = 1; !state.over; ) {
      const record = source()[index];
      if (!record || state.silent) {
        if (!caughtUp && !state.silent) await send(call, new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
        caughtUp = true;
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      if (passes(record)) await send(call, new ReadResp().setEvent(readEvent(record, !options.hasStream())));
      if (considered % interval === 0) await send(call, new ReadResp().setCheckpoint(checkpoint(record)));
      considered++;
      index++;
    }
    leave();
    unhear();
  }

  /** A subscription starts after the place it is given. */
  private firstAfter(options: ReadReq.Options): number {
    const place = options.getStream();
    if (place) return place.hasRevision() ? Number(place.getRevision()) + 1 : place.hasEnd() ? this.log.stream(nameOf(place.getStreamIdentifier())).length : 0;
    return this.startOf(options.getAll()) + (options.getAll()?.hasPosition() ? 1 : 0);
  }
}

class NoSuchPosition extends Error {
  constructor(position: string) {
    super(`no record begins at ${position}`);
  }
}

/** Waits where the receiver is slower. @returns whether there is still a receiver */
async function send(call: ReadCall, answer: ReadResp): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  if (!call.write(answer)) {
    await new Promise<void>((resolve) => {
      const go = (): void => {
        call.off('drain', go).off('cancelled', go).off('close', go);
        resolve();
      };
      call.once('drain', go).once('cancelled', go).once('close', go);
    });
  }
  return !call.cancelled;
}

function filterOf(options: ReadReq.Options): (record: LogRecord) => boolean {
  const filter = options.getFilter();
  const expression = filter?.getEventType() ?? filter?.getStreamIdentifier();
  if (!filter || !expression) return () => true;
  const subject = filter.hasEventType() ? (record: LogRecord) => record.type : (record: LogRecord) => record.stream;
  const prefixes = expression.getPrefixList();
  if (prefixes.length > 0) return (record) => prefixes.some((prefix) => subject(record).startsWith(prefix));
  const regex = new RegExp(expression.getRegex());
  return (record) => regex.test(subject(record));
}

function toProposed(request: AppendReq): ProposedEvent {
  const message = request.getProposedMessage() as AppendReq.ProposedMessage;
  const metadata = message.getMetadataMap();
  return {
    id: message.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') ?? '',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

function expectedOf(options: AppendReq.Options): Expected {
  if (options.hasRevision()) return Number(options.getRevision());
  if (options.hasNoStream()) return 'no-stream';
  return options.hasStreamExists() ? 'stream-exists' : 'any';
}

function success({ revision, position }: LogRecord): AppendResp {
  const place = new AppendResp.Position().setCommitPosition(String(position)).setPreparePosition(String(position));
  return new AppendResp().setSuccess(new AppendResp.Success().setCurrentRevision(String(revision)).setPosition(place));
}

function conflict(actual: number | null, options: AppendReq.Options): AppendResp {
  const wrong = new AppendResp.WrongExpectedVersion();
  if (actual === null) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentRevision(String(actual));
  if (options.hasRevision()) wrong.setExpectedRevision(options.getRevision());
  else if (options.hasNoStream()) wrong.setExpectedNoStream(new Empty());
  else if (options.hasStreamExists()) wrong.setExpectedStreamExists(new Empty());
  else wrong.setExpectedAny(new Empty());
  return new AppendResp().setWrongExpectedVersion(wrong);
}

/** Reading a stream, servers since 21 give no positions (-1, unsigned). */
function readEvent(record: LogRecord, positioned: boolean): ReadResp.ReadEvent {
  const position = positioned ? String(record.position) : '18446744073709551615';
  const event = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(record.id))
    .setStreamIdentifier(identifier(record.stream))
    .setStreamRevision(String(record.revision))
    .setCommitPosition(position)
    .setPreparePosition(position)
    .setData(record.data)
    .setCustomMetadata(record.metadata);
  event.getMetadataMap().set('type', record.type).set('content-type', record.contentType).set('created', record.created);
  const answer = new ReadResp.ReadEvent().setEvent(event);
  return positioned ? answer.setCommitPosition(position) : answer.setNoPosition(new Empty());
}

function checkpoint({ position }: LogRecord): ReadResp.Checkpoint {
  return new ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position));
}

function identifier(stream: string): StreamIdentifier {
  return new StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));
}

function nameOf(name: StreamIdentifier | undefined): string {
  return Buffer.from(name?.getStreamName_asU8() ?? new Uint8Array()).toString('utf8');
}
