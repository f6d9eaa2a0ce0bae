import type { Compared, Rebuilt } from '@rolebook/projecting';
import { defineCommand, EXIT, NotTried } from '../command';
import { DATA_OPTIONS, onInstallation } from '../offline';
import { Progress } from '../progress';
import { count, table } from '../table';

/** As `--json` prints it. */
type Done = Omit<Rebuilt, 'documents' | 'compared'> & { readonly documents: Record<string, number>; readonly compared?: Record<string, Compared>; readonly seconds: number };

export const command = defineCommand({
  summary: 'make read models anew from the log',
  positionals: [],
  options: {
    ...DATA_OPTIONS,
    'read-model': { type: 'string', value: 'NAME', help: 'only this one, such as user-directory-1; by default all' },
    anew: { type: 'boolean', help: 'from the beginning of the log, also where an interrupted run has left something to go on with' },
    compare: { type: 'boolean', help: 'tell how the old ones differed from the log, document by document; takes about a third longer' },
  },
  description: `
Each is made beside the one that is there, which the service goes on serving and following meanwhile; is compared with what was
folded, by count and checksum; is brought up to where the old one has come; and takes its place in one step. Interrupted, whenever,
it leaves the old ones as they were, and what it had made so far: run it again, and it goes on from there. What was left is thrown
away, and that said, where it is of another definition of the read model, or of another log. Nothing need be stopped. (Only an api that keeps the read models in servers itself,
by ROLEBOOK_HOST_FOLLOWERS=on, must be: a projector stands by for the moment when it is asked to, such an api does not.)
The log is the truth and is not touched. Streams that hold an event which cannot be applied are named; exit code 1 then. With --compare, it is told how many documents of
the one that was replaced were equal to what the log gives, differed, were missing, or should not have been there; exit code 1
where any was not equal. What was changed by others too often to be decided meanwhile is counted as such.`,
  examples: [
    { does: 'make all read models anew', command: 'auditor rebuild' },
    { does: 'make all anew, and tell whether any had been wrong', command: 'auditor rebuild --compare' },
    { does: 'make one anew', command: 'auditor rebuild --read-model user-directory-1' },
  ],
  async run({ options, terminal }) {
    const { allReadModels, rebuildReadModels } = await import('@rolebook/installation/index.js');
    const names = allReadModels().map(({ name }) => name);
    const wanted = options['read-model'] === undefined ? names : names.filter((name) => name === options['read-model']);
    if (wanted.length === 0) throw new NotTried(`there is no read model "${options['read-model'] ?? ''}"; there are: ${names.join(', ')}`);
    const rebuilt = await onInstallation(options, async ({ config }) => {
      const done: Done[] = [];
      const progress = new Map(wanted.map((name) => [name, new Progress(terminal, `${name}: position`)]));
      await rebuildReadModels(config, wanted, {
        onProgress: ({ name, position, head }) => progress.get(name)?.report(position, head === 0 ? 1 : position / head),
        onDone({ name, documents, compared, ...one }, seconds) {
          progress.get(name)?.end();
          done.push({ name, ...one, documents: Object.fromEntries(documents), ...(options.compare && { compared: Object.fromEntries(compared) }), seconds });
          if (one.thrownAway !== null) terminal.err(`${name}: what an interrupted run had left was thrown away: ${one.thrownAway}\n`);
        },
      }, { anew: options.anew, compare: options.compare });
      return done;
    });
    const comparisons = rebuilt.flatMap(({ compared = {} }) => Object.entries(compared));
    const failed = rebuilt.some(({ parked }) => parked.length > 0) || comparisons.some(([, { equal: _equal, examples: _examples, ...unequal }]) => Object.values(unequal).some((n) => n > 0));
    if (options.json) terminal.out(`${JSON.stringify({ readModels: rebuilt })}\n`);
    else {
      terminal.out(table(['READ MODEL', 'EVENTS', 'OF THEM READ', 'DOCUMENTS', 'SECONDS', 'PARKED STREAMS'], rebuilt.map(({ name, events, read, documents, seconds, parked }) => [
        name, count(events), count(read), Object.values(documents).map((n) => count(n)).join(' + '), seconds.toFixed(1), String(parked.length),
      ])));
      if (comparisons.length > 0) {
        terminal.out(`\n${table(['COLLECTION REPLACED', 'EQUAL', 'DIFFERED', 'MISSING', 'EXTRA', 'UNDECIDED', 'SUCH AS'], comparisons.map(([name, { equal, differed, missing, extra, undecided, examples }]) => [
          name, ...[equal, differed, missing, extra, undecided].map((n) => count(n)), examples.slice(0, 2).join(', '),
        ]))}`);
      }
      if (rebuilt.some(({ parked }) => parked.length > 0)) terminal.out(`\n${table(['READ MODEL', 'STREAM', 'POSITION', 'WHY'], rebuilt.flatMap(({ name, parked }) => parked.map(({ stream, position, error }) => [name, stream, String(position), error])))}`);
    }
    return failed ? EXIT.failed : EXIT.ok;
  },
});
