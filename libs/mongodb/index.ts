export { bulkWrite, type BulkOutcome } from './bulk-write';
export { MongoConnection, openMongoClient, type MongoTarget } from './connection';
export { isDuplicateKey, isUnavailable } from './errors';
