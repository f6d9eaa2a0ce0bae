import { allReadModels, openFoundation, readConfig } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';
import { rebuildReadModel } from '@rolebook/projecting';

/** A rebuild in a process of its own, as `auditor rebuild` does it. Told in its first message which; says how long it took. */
interface Order {
  readonly data: string;
  readonly readModel: string | null;
}

async function run({ data, readModel }: Order): Promise<void> {
  const { stores, codec } = await openFoundation(readConfig({ ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: 'setup-token-of-the-bench' }), systemClock);
  const began = performance.now();
  let events = 0;
  for (const model of allReadModels()) {
    if (readModel !== null && !model.name.startsWith(readModel)) continue;
    events = Math.max(events, (await rebuildReadModel(model, { events: stores.events, codec, documents: stores.documents })).position);
  }
  process.send?.({ seconds: (performance.now() - began) / 1000, events, rssMiB: process.memoryUsage().rss / 2 ** 20 });
  await stores.close();
}

process.once('message', (order: Order) => void run(order));
