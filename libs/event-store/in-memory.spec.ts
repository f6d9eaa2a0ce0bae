import { eventStoreContract } from './event-store.contract';
import { InMemoryEventStore } from './in-memory';

eventStoreContract('in-memory', async (clock) => ({ store: new InMemoryEventStore(clock), dispose: async () => undefined }), { embedded: true });
