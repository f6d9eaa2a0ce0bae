import { leafHash } from './merkle-hash';

/** First field of every leaf. Another encoding gets another name, so that no leaf can be read in two ways. */
export const LEAF_FORMAT = 'rolebook-event/1';

/**
 * What the tree says of an event: the texts as the log stores them. A `LoggedEvent` is one. Personal data in `data` and
 * `metadata` is encrypted there already, so erasing a person's key changes no leaf. The position is left out on purpose:
 * the order of the leaves is the order of the log, and a history moved to another log keeps its proofs.
 */
export interface EventText {
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  /** Place in the stream, from 0. */
  readonly revision: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly recordedAt: string;
  /** JSON text, byte for byte as stored. */
  readonly data: string;
  /** JSON text, byte for byte as stored. */
  readonly metadata: string;
}

/**
 * The bytes that a leaf hashes: eight fields, each as its length in bytes (4 bytes, big-endian) and then its UTF-8 bytes:
 * `rolebook-event/1`, id, type, stream, revision (decimal digits), recordedAt, data, metadata.
 * Lengths make it unambiguous: no text in one field can pass for the border of another.
 * @throws {RangeError} where a text holds half a surrogate pair (it has no UTF-8 form) or the revision is no natural number
 */
export function leafBytes(event: EventText): Uint8Array {
  if (!Number.isSafeInteger(event.revision) || event.revision < 0) throw new RangeError(`${event.revision} is no revision`);
  const fields = [LEAF_FORMAT, event.id, event.type, event.stream, String(event.revision), event.recordedAt, event.data, event.metadata];
  const bytes = Buffer.allocUnsafe(fields.reduce((sum, field) => sum + 4 + Buffer.byteLength(field), 0));
  let end = 0;
  for (const field of fields) {
    if (HALF_A_PAIR.test(field)) throw new RangeError('half a surrogate pair has no UTF-8 form');
    const length = bytes.write(field, end + 4, 'utf8');
    bytes.writeUInt32BE(length, end);
    end += 4 + length;
  }
  return bytes;
}

/** The leaf hash of an event, 32 bytes. @throws {RangeError} as {@link leafBytes} */
export function eventLeafHash(event: EventText): Uint8Array {
  return leafHash(leafBytes(event));
}

const HALF_A_PAIR = /\p{Surrogate}/u;
