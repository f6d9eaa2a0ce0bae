import { MongoBulkWriteError, MongoError, MongoNetworkError, MongoServerError, MongoWriteConcernError } from 'mongodb';

const DUPLICATE_KEY = 11_000;

/**
 * What a server answers that cannot serve just now: no primary here, shutting down, still starting, too slow. By code, since
 * texts differ between servers and versions. (MongoDB's `src/mongo/base/error_codes.yml`, categories of retriable,
 * not-primary and interruption errors.)
 */
const UNAVAILABLE: ReadonlySet<number> = new Set([
  6, 7, 89, 91, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436, // host or network lost, no primary, shutting down, stepping down
  24, 50, 64, 75, 112, 134, 202, 317, 365, 402, // timed out, write concern not met, conflict, snapshot or connection gone
]);

/** Driver errors besides those of the network that say that nobody could be asked. Some of these classes are not exported, but their names are stable. */
const NOBODY_ASKED: ReadonlySet<string> = new Set([
  'MongoPoolClosedError', 'MongoWaitQueueTimeoutError',
  'MongoServerSelectionError', 'MongoSystemError', 'MongoStalePrimaryError', 'MongoServerClosedError', 'MongoUnexpectedServerResponseError',
  'MongoOperationTimeoutError', 'MongoNotConnectedError', 'MongoTopologyClosedError', 'MongoClientClosedError', 'MongoExpiredSessionError',
]);

/** Whether this is a failure of the server or the way to it, so that the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  if (error instanceof MongoWriteConcernError) return true;
  if (error instanceof MongoBulkWriteError) return isUnavailable(error.errorResponse) || error.result.getWriteConcernError() !== undefined || isUnavailableCode(error.code);
  if (error instanceof MongoServerError) return isUnavailableCode(error.code) || error.hasErrorLabel('RetryableWriteError');
  return error instanceof MongoNetworkError || NOBODY_ASKED.has(error.name);
}

/** Whether a unique index, such as that of `_id`, has another document in the place. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}

export function isDuplicateKeyCode(code: number | undefined): boolean {
  return code === DUPLICATE_KEY;
}

function isUnavailableCode(code: unknown): boolean {
  return typeof code === 'number' && UNAVAILABLE.has(code);
}
