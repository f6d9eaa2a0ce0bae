import { InMemoryOperationalStore } from './in-memory';
import { operationalStoreContract } from './operational-store.contract';

operationalStoreContract('in memory', async (clock) => {
  const store = new InMemoryOperationalStore(clock);
  return { store, reopen: async () => store, dispose: () => store.close() };
});
