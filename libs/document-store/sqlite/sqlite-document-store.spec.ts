import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentStoreContract } from '../document-store.contract';
import { openSqliteDocumentStore } from './index';

documentStoreContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  const file = join(folder, 'documents.sqlite');
  let store = await openSqliteDocumentStore({ file });
  return {
    store,
    reopen: async () => {
      await store.close();
      return (store = await openSqliteDocumentStore({ file }));
    },
    dispose: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
