import { systemClock } from '@rolebook/kernel';
import { inItsPlace, Lease } from '@rolebook/operational-store';
import { rebuildReadModel, type RebuildParts } from '@rolebook/projecting';
import { randomUUID } from 'node:crypto';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { openFoundation, type Foundation } from './foundation';
import { allReadModels } from './read-models';
import { FOLLOWERS, type FromRebuilder, type RebuilderData, type ToRebuilder } from './rebuilding';

/** The thread that makes read models anew: has stores of its own, and makes what it is told to, one after the other. */
const { config, options } = workerData as RebuilderData;

function listen(main: MessagePort): void {
  const say = (what: FromRebuilder) => main.postMessage(what);
  const opened = openFoundation(config, systemClock);
  opened.then(() => say('opened'), (failed: unknown) => say({ failed }));
  main.on('message', (order: ToRebuilder) => {
    if (order !== 'close') return void opened.then((foundation) => make(order.make, foundation, say)).then(say, (failed: unknown) => say({ failed }));
    main.close();
    opened.then(({ stores }) => stores.close(), () => process.exit()); // some may be open, with threads of their own: they end with this one
  });
}

async function make(name: string, { stores: { events, documents, operational }, codec, clock }: Foundation, say: (what: FromRebuilder) => void): Promise<FromRebuilder> {
  const model = allReadModels().find((one) => one.name === name);
  if (!model) throw new Error(`there is no read model ${name}`);
  const lease = () => new Lease({ store: operational, clock, name: FOLLOWERS, holder: randomUUID() });
  const alone: RebuildParts['alone'] = config.eventStoreUrl === null ? undefined : (work) => inItsPlace(lease(), work);
  const began = performance.now();
  const rebuilt = await rebuildReadModel(model, { ...options, events, codec, documents, onProgress: (progress) => say({ progress }), ...(alone && { alone }) });
  return { rebuilt, seconds: (performance.now() - began) / 1000 };
}

if (parentPort) listen(parentPort);
