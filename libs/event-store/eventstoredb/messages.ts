import { Empty, StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { AppendReq, ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb';
import type { EventToAppend, ExpectedRevision, LoggedEvent } from '../port';
import { readImported } from './imported';

const { Options } = ReadReq;
type Options = ReadReq.Options;

const FORWARDS = 0;
const BACKWARDS = 1;

/** The expression the vendor's clients leave system events out with: types that begin with `$`. */
const NO_SYSTEM_TYPE = '^[^\\$].*';
/** What a server from 21 on gives as the position of an event that was read from its stream: none (-1, unsigned). */
const NO_POSITION = '18446744073709551615';
/** Events the server looks through, times the multiplier, before it says how far it has come. */
const SEARCH_WINDOW = 256;
const CHECKPOINT_MULTIPLIER = 1;

/** An event as the server gives it. `position` is 0 where it was read from its stream. */
export interface RecordedEvent extends Omit<LoggedEvent, 'recordedAt'> {
  /** Milliseconds since the Unix epoch, by the clock of the node that was the leader then. */
  readonly createdMs: number;
}

export function appendMessages(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): AppendReq[] {
  const options = new AppendReq.Options().setStreamIdentifier(identifier(stream));
  if (expected === 'any') options.setAny(new Empty());
  else if (expected === 'no-stream') options.setNoStream(new Empty());
  else options.setRevision(String(expected));
  return [new AppendReq().setOptions(options), ...events.map(proposed)];
}

function proposed(event: EventToAppend): AppendReq {
  const message = new AppendReq.ProposedMessage()
    .setId(new UUID().setString(event.id))
    .setData(Buffer.from(event.data, 'utf8'))
    .setCustomMetadata(Buffer.from(event.metadata, 'utf8'));
  // JSON, so that operators can read it in the server's own interface; the bytes stay as they are.
  message.getMetadataMap().set('type', event.type).set('content-type', 'application/json');
  return new AppendReq().setProposedMessage(message);
}

/** @param from a revision, included, or the end */
export function readStreamRequest(stream: string, direction: 'forwards' | 'backwards', from: number | 'end', limit: number): ReadReq {
  const place = new Options.StreamOptions().setStreamIdentifier(identifier(stream));
  if (from === 'end') place.setEnd(new Empty());
  else place.setRevision(String(from));
  return request(
    new Options().setStream(place).setReadDirection(direction === 'forwards' ? FORWARDS : BACKWARDS).setCount(String(limit)).setNoFilter(new Empty()),
  );
}

/** Forwards through the whole log, the event at `from` included. 0 is the start. */
export function readAllRequest(from: number, limit: number): ReadReq {
  return request(inLog(from === 0 ? 'start' : from).setReadDirection(FORWARDS).setCount(String(limit)).setFilter(userEvents()));
}

/** Backwards through the whole log, the event at `from` excluded. */
export function readAllBackwardsRequest(from: number | 'end', limit: number): ReadReq {
  return request(inLog(from).setReadDirection(BACKWARDS).setCount(String(limit)).setFilter(userEvents()));
}

/** Backwards through the log from its end, or from an event (excluded), over the streams whose names begin with `stream`. */
export function searchRequest(stream: string, from: number | 'end', limit: number): ReadReq {
  const filter = new Options.FilterOptions().setStreamIdentifier(new Options.FilterOptions.Expression().setPrefixList([stream]));
  return request(inLog(from).setReadDirection(BACKWARDS).setCount(String(limit)).setFilter(windowed(filter)));
}

/** The last event of all, whatever it is. */
export function lastEventRequest(): ReadReq {
  return request(inLog('end').setReadDirection(BACKWARDS).setCount('1').setNoFilter(new Empty()));
}

/** Catches up from `after`, excluded, and follows. */
export function subscribeRequest(after: number): ReadReq {
  return request(inLog(after === 0 ? 'start' : after).setReadDirection(FORWARDS).setSubscription(new Options.SubscriptionOptions()).setFilter(userEvents()));
}

/** What a read gave. */
export interface Page {
  /** In the order of the read, without the server's own events. */
  readonly events: readonly RecordedEvent[];
  /** Events in the page, the server's own included. */
  readonly size: number;
  /** Position of the last of them; 0 in an empty page. */
  readonly lastPosition: number;
}

/** A stream that does not exist gives an empty page. @throws {UnsafePosition} */
export function decodePage(answers: readonly ReadResp[]): Page {
  const all = answers.flatMap((answer) => decodeEvent(answer.getEvent()) ?? []);
  return { events: all.filter(isUserEvent), size: all.length, lastPosition: all.at(-1)?.position ?? 0 };
}

/** The server's filter knows types or streams, not both: this is the whole rule. */
export function isUserEvent({ type, stream }: RecordedEvent): boolean {
  return !isServersOwn(type) && !isServersOwn(stream);
}

/** Whether a stream or an event type is one of the server's own: `$stats-...`, `$$user-1` (the metadata of `user-1`), `$>` (a link). */
export function isServersOwn(name: string): boolean {
  return name.startsWith('$');
}

/** @throws {UnsafePosition} */
export function decodeEvent(answer: ReadResp.ReadEvent | undefined): RecordedEvent | null {
  const event = answer?.getEvent();
  if (!event) return null;
  const metadata = event.getMetadataMap();
  const own = text(event.getCustomMetadata_asU8());
  const imported = readImported(own);
  return {
    id: event.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    data: text(event.getData_asU8()),
    metadata: imported?.metadata ?? own,
    stream: text(event.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()),
    revision: Number(event.getStreamRevision()),
    position: event.getCommitPosition() === NO_POSITION ? 0 : safePosition(event.getCommitPosition()),
    // Ticks of 100 ns; more digits than a number holds, so the last four go before it becomes one.
    createdMs: imported ? Date.parse(imported.recordedAt) : Number((metadata.get('created') ?? '').slice(0, -4)),
  };
}

/** A log of more than 8 PiB. No number can tell its positions apart. */
export class UnsafePosition extends Error {
  override readonly name = 'UnsafePosition';
}

/** @throws {UnsafePosition} */
export function safePosition(commit: string): number {
  const position = Number(commit);
  if (!Number.isSafeInteger(position)) throw new UnsafePosition(`commit position ${commit} is no safe integer`);
  return position;
}

function request(options: Options): ReadReq {
  options.setResolveLinks(false).setUuidOption(new Options.UUIDOption().setString(new Empty()));
  return new ReadReq().setOptions(options);
}

function inLog(from: number | 'start' | 'end'): Options {
  const place = new Options.AllOptions();
  if (from === 'start') place.setStart(new Empty());
  else if (from === 'end') place.setEnd(new Empty());
  else place.setPosition(new Options.Position().setCommitPosition(String(from)).setPreparePosition(String(from)));
  return new Options().setAll(place);
}

function userEvents(): ReadReq.Options.FilterOptions {
  return windowed(new Options.FilterOptions().setEventType(new Options.FilterOptions.Expression().setRegex(NO_SYSTEM_TYPE)));
}

function windowed(filter: ReadReq.Options.FilterOptions): ReadReq.Options.FilterOptions {
  return filter.setMax(SEARCH_WINDOW).setCheckpointintervalmultiplier(CHECKPOINT_MULTIPLIER);
}

function identifier(stream: string): StreamIdentifier {
  return new StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
