import { allReadModels, openFoundation, readConfig, rebuildReadModels } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';

/** What `auditor rebuild --data FOLDER` does, as a process that can be killed. */
async function main(data: string): Promise<void> {
  const foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: data }), systemClock);
  await rebuildReadModels(foundation, allReadModels(), undefined, () => undefined);
  await foundation.stores.close();
}

void main(process.argv[2] ?? '');
