export { bulkWrite, type BulkOutcome } from './bulk-write';
export { DURABLE, MongoConnection, openMongoClient, type MongoTarget } from './connection';
export { isDuplicateKey, isUnavailable } from './errors';
