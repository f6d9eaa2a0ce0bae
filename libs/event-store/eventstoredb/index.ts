export { openEventStoreDb, type EventStoreDbOptions } from './event-store-db';
export { EventStoreRefused } from './failures';
export { importedMetadata } from './imported';
