import { allReadModels, makeObjectsYoung, readConfig, rebuildReadModels } from '@rolebook/installation';

/** A rebuild in a process of its own, as `auditor rebuild` does it. Told in its first message which; says how long it took. */
interface Order {
  readonly data: string;
  readonly readModel: string | null;
}

async function run({ data, readModel }: Order): Promise<void> {
  makeObjectsYoung();
  const config = readConfig({ ROLEBOOK_DATA: data, ROLEBOOK_SETUP_TOKEN: 'setup-token-of-the-bench' });
  const began = performance.now();
  let events = 0;
  const names = allReadModels().map(({ name }) => name).filter((name) => readModel === null || name.startsWith(readModel));
  await rebuildReadModels(config, names, { onDone({ position }) { events = Math.max(events, position); } });
  process.send?.({ seconds: (performance.now() - began) / 1000, events, rssMiB: process.resourceUsage().maxRSS / 1024 });
}

process.once('message', (order: Order) => void run(order));
