import { MongoBulkWriteError, type AnyBulkWriteOperation, type Collection, type Document } from 'mongodb';
import { isDuplicateKeyCode, isUnavailable } from './errors';

export interface BulkOutcome {
  /** Stored documents that were changed or replaced. */
  readonly matched: number;
  /** Operations, by their place in the list, that met another document in their place. Ascending. */
  readonly duplicates: readonly number[];
}

/**
 * Carries out all of the operations, whatever becomes of each. An upsert whose guard turns the stored document down becomes an
 * insert and fails by the unique `_id` (E11000): that is an answer, and no error.
 * @throws {MongoBulkWriteError} where an operation failed in another way, or too few servers of the replica set had it
 */
export async function bulkWrite<Schema extends Document>(collection: Collection<Schema>, operations: readonly AnyBulkWriteOperation<Schema>[]): Promise<BulkOutcome> {
  if (operations.length === 0) return { matched: 0, duplicates: [] };
  try {
    const result = await collection.bulkWrite(operations, { ordered: false });
    return { matched: result.matchedCount, duplicates: [] };
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || isUnavailable(error)) throw error;
    const failures = [error.writeErrors].flat();
    if (failures.length === 0 || !failures.every(({ code }) => isDuplicateKeyCode(code))) throw error;
    return { matched: error.matchedCount, duplicates: failures.map(({ index }) => index).sort((a, b) => a - b) };
  }
}
