import { allReadModels, readConfig, rebuildReadModels } from '@rolebook/installation';

/**
 * What `auditor rebuild --data FOLDER` does, as a process that can be killed. Says how far it has come, and of each read model what came of it, a line each.
 * Arguments: the folder; a read model's name or `all`; events after which it marks how far it has come.
 */
async function main([data = '', name = 'all', markedAfter = '100000']: readonly string[]): Promise<void> {
  const names = allReadModels().map((model) => model.name).filter((one) => name === 'all' || name === one);
  const say = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`);
  await rebuildReadModels(readConfig({ ROLEBOOK_DATA: data }), names, {
    onProgress: ({ name: at, position }) => say({ name: at, position }),
    onDone: ({ name: done, events, read, thrownAway }) => say({ done, events, read, thrownAway }),
  }, { markedAfter: Number(markedAfter) });
}

void main(process.argv.slice(2));
