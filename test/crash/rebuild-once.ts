import { allReadModels, openFoundation, readConfig, rebuildReadModels } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';

/**
 * What `auditor rebuild --data FOLDER` does, as a process that can be killed. Says how far it has come, and of each read model what came of it, a line each.
 * Arguments: the folder; a read model's name or `all`; events after which it marks how far it has come.
 */
async function main([data = '', name = 'all', markedAfter = '100000']: readonly string[]): Promise<void> {
  const foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: data }), systemClock);
  const models = allReadModels().filter((model) => name === 'all' || model.name === name);
  const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
  await rebuildReadModels(foundation, models, ({ name: at, position }) => say({ name: at, position }), ({ name: done, events, read, thrownAway }) => say({ done, events, read, thrownAway }), { markedAfter: Number(markedAfter) });
  await foundation.stores.close();
}

void main(process.argv.slice(2));
