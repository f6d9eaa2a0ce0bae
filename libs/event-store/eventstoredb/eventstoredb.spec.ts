import { startEventStoreDbDouble } from '../../../test/eventstoredb-double';
import { eventStoreContract } from '../event-store.contract';
import { openEventStoreDb } from '.';

/** As in docker-compose.yml: the contract stores texts of a megabyte. */
const MAX_APPEND_SIZE = 4_194_304;
/** The contract appends thousands of events at once, on machines that are busy with other specs. */
const PATIENCE = { attemptMs: 10_000, totalMs: 20_000 };

eventStoreContract('EventStoreDB (double)', async (clock) => {
  const double = await startEventStoreDbDouble({ now: () => clock.now(), maxAppendSize: MAX_APPEND_SIZE });
  return { store: await openEventStoreDb({ url: double.url, ...PATIENCE }), dispose: () => double.stop() };
}, { embedded: false });

const { EVENTSTORE_URL: url } = process.env;
if (url !== undefined) eventStoreContract('EventStoreDB (EVENTSTORE_URL)', async () => ({ store: await openEventStoreDb({ url, ...PATIENCE }), dispose: async () => undefined }), { embedded: false });
