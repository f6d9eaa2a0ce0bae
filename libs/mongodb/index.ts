export { bulkWrite, type BulkOutcome } from './bulk-write';
export { DURABLE, MongoConnection, openMongoClient, UNHURRIED, type MongoTarget } from './connection';
export { isDuplicateKey, isUnavailable } from './errors';
