import { join, resolve } from 'node:path';
import { defineCommand, EXIT, NotTried } from '../command';
import { textOf } from '../offline';
import { count, facts } from '../table';

export const command = defineCommand({
  summary: 'prove that a backup can be restored, by restoring it',
  positionals: [{ name: 'FOLDER', help: 'a backup, as auditor backup made it' }],
  options: {
    'master-key-file': { type: 'string', value: 'FILE', help: 'holds the master key, as master.key of a data folder does; by default ROLEBOOK_MASTER_KEY' },
  },
  description: `
The files are held against what was written; then a copy of them is opened with the master key, in a temporary folder. Every event
is read and decoded, counts, order and the Merkle root of every business are held against those of the backup's moment, and the
log is replayed. The backup itself is not touched.`,
  examples: [{ does: 'prove a backup', command: 'auditor backup verify /backups/rolebook-2026-11-24 --master-key-file /safe/master.key' }],
  async run({ options, positionals: [folder = ''], terminal }) {
    const masterKey = options['master-key-file'] === undefined ? process.env.ROLEBOOK_MASTER_KEY : textOf(options['master-key-file']).trim();
    if (!masterKey) throw new NotTried('the master key is missing: name its file with --master-key-file, or set ROLEBOOK_MASTER_KEY');
    const { proveBackup } = (await import(join(__dirname, '../composition/prove-backup'))) as typeof import('../composition/prove-backup');
    const { manifest, problems, businesses, users } = await proveBackup(resolve(folder), masterKey, terminal);
    if (options.json) terminal.out(`${JSON.stringify({ folder: resolve(folder), ok: problems.length === 0, madeAt: manifest.madeAt, log: manifest.log, businesses, users, problems })}\n`);
    else {
      terminal.out(facts([
        ['Backup', resolve(folder)], ['Made', manifest.madeAt], ['Log', count(manifest.log.events, ['event', 'events'])],
        ...(businesses === null || users === null ? [] : [['Replayed', `${count(businesses, ['business', 'businesses'])}, ${count(users, ['user', 'users'])}`] as const]),
        ['Result', problems.length === 0 ? 'PROVEN: it opens, nothing is missing, every Merkle root is as it was' : `NOT PROVEN: ${count(problems.length, ['problem', 'problems'])}`],
      ]));
      for (const problem of problems) terminal.out(`  ${problem}\n`);
    }
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
});
