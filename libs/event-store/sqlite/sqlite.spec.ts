import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventStoreContract } from '../event-store.contract';
import { openSqliteEventStore } from '.';

eventStoreContract('SQLite', async (clock) => {
  const folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  const store = await openSqliteEventStore({ file: join(folder, 'events.db'), clock });
  return { store, dispose: () => rm(folder, { recursive: true }) };
}, { embedded: true });
