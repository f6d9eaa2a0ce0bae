import { defineCommand, EXIT, NotTried } from '../command';
import { DATA_OPTIONS, onInstallation } from '../offline';
import { Progress } from '../progress';
import { count, table } from '../table';

export const command = defineCommand({
  summary: 'make read models anew from the log',
  positionals: [],
  options: {
    ...DATA_OPTIONS,
    'read-model': { type: 'string', value: 'NAME', help: 'only this one, such as user-directory-1; by default all' },
  },
  description: `
Each is made beside the one that is there and takes its place when it is complete, so that an interrupted rebuild leaves
everything as it was. Nobody else may follow the log meanwhile: stop the service (or its projector) first.
The log is the truth and is not touched. Streams that hold an event which cannot be applied are named; exit code 1 then.`,
  examples: [
    { does: 'make all read models anew', command: 'auditor rebuild' },
    { does: 'make one anew', command: 'auditor rebuild --read-model user-directory-1' },
  ],
  async run({ options, terminal }) {
    const { allReadModels } = await import('@rolebook/installation/index.js');
    const { rebuildReadModel } = await import('@rolebook/projecting/index.js');
    const models = allReadModels();
    const wanted = options['read-model'] === undefined ? models : models.filter(({ name }) => name === options['read-model']);
    if (wanted.length === 0) throw new NotTried(`there is no read model "${options['read-model'] ?? ''}"; there are: ${models.map(({ name }) => name).join(', ')}`);
    const rebuilt = await onInstallation(options, async ({ stores, codec }) => {
      const done = [];
      for (const model of wanted) {
        const progress = new Progress(terminal, `${model.name}: position`);
        const began = performance.now();
        const { name, position, events, documents, parked } = await rebuildReadModel(model, {
          events: stores.events, codec, documents: stores.documents, onProgress: ({ position: at, head }) => progress.report(at, head === 0 ? 1 : at / head),
        });
        progress.end();
        done.push({ name, position, events, documents: Object.fromEntries(documents), parked, seconds: (performance.now() - began) / 1000 });
      }
      return done;
    });
    const failed = rebuilt.some(({ parked }) => parked.length > 0);
    if (options.json) terminal.out(`${JSON.stringify({ readModels: rebuilt })}\n`);
    else {
      terminal.out(table(['READ MODEL', 'EVENTS', 'DOCUMENTS', 'SECONDS', 'PARKED STREAMS'], rebuilt.map(({ name, events, documents, seconds, parked }) => [
        name, count(events), Object.values(documents).map((n) => count(n)).join(' + '), seconds.toFixed(1), String(parked.length),
      ])));
      if (failed) terminal.out(`\n${table(['READ MODEL', 'STREAM', 'POSITION', 'WHY'], rebuilt.flatMap(({ name, parked }) => parked.map(({ stream, position, error }) => [name, stream, String(position), error])))}`);
    }
    return failed ? EXIT.failed : EXIT.ok;
  },
});
