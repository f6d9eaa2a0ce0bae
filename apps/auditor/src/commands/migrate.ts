import { join } from 'node:path';
import { defineCommand, EXIT, NotTried, UsageError } from '../command';
import { Progress } from '../progress';
import { count, facts } from '../table';

export const command = defineCommand({
  summary: 'move an embedded installation to EventStoreDB and MongoDB',
  positionals: [],
  options: {
    'to-engines': { type: 'boolean', help: 'to the servers that EVENTSTORE_URL and MONGODB_URL name (the one way there is)' },
    data: { type: 'string', value: 'FOLDER', help: 'the data folder to copy from; by default ROLEBOOK_DATA, or ./data' },
  },
  description: `
Stop the service first, and start it on the servers afterwards, with the same master key. Copied are the log, in its order and with
its times, so that every proof and checkpoint stays good; the keys, still wrapped; sessions and addresses with them; what is
remembered of devices, throttling and mails sent; and pictures. Read models are made anew there. Then both logs are read again and
compared: counts, order, the hash of every event, the Merkle root of every business. Interrupted, run it again: it goes on.
The data folder is not changed: keep it until you are sure, and erase it then, since it holds what people may want erased.`,
  examples: [{ does: 'move', command: 'EVENTSTORE_URL=esdb://db:2113 MONGODB_URL=mongodb://db/?replicaSet=rs0 auditor migrate --to-engines --data ./data' }],
  async run({ options, terminal }) {
    if (!options['to-engines']) throw new UsageError('say where to: --to-engines');
    const { migrate } = (await import(join(__dirname, '../composition/migrate'))) as typeof import('../composition/migrate');
    let progress: { readonly what: string; readonly line: Progress } | null = null;
    const { log, keys, erased, secrets, state, pictures, problems } = await migrate(options.data, (what, done, share) => {
      if (progress?.what !== what) {
        progress?.line.end();
        progress = { what, line: new Progress(terminal, what) };
      }
      progress.line.report(done, share);
    }).catch((error: unknown) => {
      throw error instanceof Error && ['ConfigError', 'MasterKeyError', 'StoreUnavailable', 'KeyStoreUnavailable'].includes(error.name) ? new NotTried(error.message) : error;
    });
    if (options.json) terminal.out(`${JSON.stringify({ ok: problems.length === 0, log, keys, erased, secrets, state, pictures, problems })}\n`);
    else {
      terminal.out(facts([
        ['Log', `${count(log.events, ['event', 'events'])} in ${count(log.streams, ['stream', 'streams'])}, ${count(log.businesses.length, ['history', 'histories'])}`],
        ['Keys', `${count(keys)}, and ${count(erased)} erased`], ['Secrets', count(secrets)], ['State', count(state, ['entry', 'entries'])], ['Pictures', count(pictures)],
        ['Result', problems.length === 0 ? 'PROVEN: nothing was lost, changed or reordered' : `NOT PROVEN: ${count(problems.length, ['problem', 'problems'])}`],
      ]));
      for (const problem of problems) terminal.out(`  ${problem}\n`);
    }
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
});
