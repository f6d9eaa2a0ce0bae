import { allReadModels, type Foundation } from '@rolebook/installation';
import { Projector } from '@rolebook/projecting';

/** Builds the read models of a seeded log. */
export async function buildReadModels({ stores, codec }: Foundation, say: (message: string) => void): Promise<void> {
  const projector = new Projector({ events: stores.events, codec, documents: stores.documents, readModels: allReadModels(), onProblem: (message, details) => say(`${message}: ${JSON.stringify(details)}`) });
  await projector.start();
  const head = await stores.events.head();
  while (!(await projector.caughtUp(head, 2_000))) say(`building the read models: ${projector.position.toLocaleString('en')} of ${head.toLocaleString('en')} events`);
  await projector.stop();
}
