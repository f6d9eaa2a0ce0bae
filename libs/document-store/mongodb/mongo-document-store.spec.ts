import { describeWithMongo } from '@rolebook/mongodb/spec-helpers';
import { documentStoreContract } from '../document-store.contract';
import { openMongoDocumentStore } from './index';

describeWithMongo('read models in MongoDB', ({ client, database }) => {
  documentStoreContract('MongoDB', async () => {
    const target = { client, database: database() };
    let store = await openMongoDocumentStore(target);
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = await openMongoDocumentStore(target));
      },
      dispose: async () => {
        await store.close();
        await client.db(target.database).dropDatabase();
      },
    };
  });
});
