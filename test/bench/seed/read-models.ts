import { allReadModels, rebuildReadModels, type Foundation } from '@rolebook/installation';

/** Builds the read models of a seeded log, the way a rebuild does. */
export async function buildReadModels({ config }: Foundation, say: (message: string) => void): Promise<void> {
  await rebuildReadModels(config, allReadModels().map(({ name }) => name), {
    onProgress: ({ name, position, head }) => say(`building ${name}: ${position.toLocaleString('en')} of ${head.toLocaleString('en')} events`),
    onDone: ({ name, position, documents }, seconds) =>
      say(`built ${name} in ${seconds.toFixed(1)} s, ${Math.round(position / seconds).toLocaleString('en')} events/s: ${[...documents].map(([of, count]) => `${count.toLocaleString('en')} in ${of}`).join(', ')}`),
  });
}
