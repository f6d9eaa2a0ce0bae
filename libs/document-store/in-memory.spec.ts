import { documentStoreContract } from './document-store.contract';
import { InMemoryDocumentStore } from './in-memory';

documentStoreContract('in memory', async () => {
  const store = new InMemoryDocumentStore();
  return { store, reopen: async () => store, dispose: () => store.close() };
});
