import { join, resolve } from 'node:path';
import { defineCommand, EXIT, NotTried } from '../command';
import { Progress } from '../progress';
import { count, facts } from '../table';

export const command = defineCommand({
  summary: 'copy the embedded stores while they serve',
  positionals: [],
  options: {
    to: { type: 'string', value: 'FOLDER', required: true, help: 'where the backup goes: a folder of its own, made where it is missing' },
    data: { type: 'string', value: 'FOLDER', help: 'the data folder; by default ROLEBOOK_DATA, or ./data' },
  },
  description: `
Log, keys, operational state and pictures, each as of a moment, in an order that fits together; the service goes on. Prove a backup
with auditor backup verify. It holds no master key: keep that apart, since without it the backup is of no use, and with it
everything can be read. Nor does it hold read models: they are made from the log at the first start.
EventStoreDB and MongoDB have their own ways, written in docs/operations.md.`,
  examples: [{ does: 'tonight\'s backup', command: 'auditor backup --to /backups/rolebook-2026-11-24' }],
  async run({ options, terminal }) {
    if (process.env.EVENTSTORE_URL) throw new NotTried('EVENTSTORE_URL is set: EventStoreDB and MongoDB are backed up with their own tools, in the order that docs/operations.md gives');
    const { backUp } = (await import(join(__dirname, '../composition/backup'))) as typeof import('../composition/backup');
    const progress = new Progress(terminal, 'events counted');
    const { log, files, madeAt } = await backUp(resolve(options.data ?? (process.env.ROLEBOOK_DATA || 'data')), resolve(options.to), (done) => progress.report(done));
    progress.end();
    terminal.out(options.json ? `${JSON.stringify({ folder: resolve(options.to), madeAt, log, files: files.length })}\n` : facts([
      ['Backup', resolve(options.to)], ['Made', madeAt], ['Log', `${count(log.events, ['event', 'events'])} in ${count(log.streams, ['stream', 'streams'])} of ${count(log.businesses.length, ['history', 'histories'])}`],
      ['Size', `${count(files.reduce((sum, { bytes }) => sum + bytes, 0))} bytes in ${count(files.length, ['file', 'files'])}`], ['Not in it', 'the master key: keep it apart'],
    ]));
    return EXIT.ok;
  },
});
