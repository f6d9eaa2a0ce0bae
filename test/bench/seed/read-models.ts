import { allReadModels, type Foundation } from '@rolebook/installation';
import { rebuildReadModel } from '@rolebook/projecting';

/** Builds the read models of a seeded log, the way a rebuild does. */
export async function buildReadModels({ stores, codec }: Foundation, say: (message: string) => void): Promise<void> {
  for (const model of allReadModels()) {
    const began = performance.now();
    const { name, position, documents } = await rebuildReadModel(model, {
      events: stores.events, codec, documents: stores.documents,
      onProgress: ({ position, head }) => say(`building ${model.name}: ${position.toLocaleString('en')} of ${head.toLocaleString('en')} events`),
    });
    const seconds = (performance.now() - began) / 1000;
    say(`built ${name} in ${seconds.toFixed(1)} s, ${Math.round(position / seconds).toLocaleString('en')} events/s: ${[...documents].map(([of, count]) => `${count.toLocaleString('en')} in ${of}`).join(', ')}`);
  }
}
