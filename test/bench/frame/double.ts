import { startEventStoreDbDouble } from '../../eventstoredb-double';

/** EventStoreDB's double in a process of its own; what is appended goes to a file. Tells its connection string. */
process.once('message', ({ file }: { readonly file: string }) => {
  startEventStoreDbDouble({ file }).then(({ url }) => process.send?.({ url }), (error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
