import { join } from 'node:path';
import { defineCommand, EXIT, NotTried } from '../command';
import { DATA_OPTIONS, textOf } from '../offline';
import { Progress } from '../progress';
import { count, facts } from '../table';

export const command = defineCommand({
  summary: 'wrap every key with another master key',
  positionals: [],
  options: {
    ...DATA_OPTIONS,
    'new-key-file': { type: 'string', value: 'FILE', help: 'holds the new key: 32 bytes in base64, such as openssl rand -base64 32 prints.\nWithout it one is made and kept in the data folder; where ROLEBOOK_MASTER_KEY is set, it is needed' },
  },
  description: `
Stop the service and every projector first: nothing else may use the keys meanwhile. What is sealed, signed or derived stays as it
is; only the wrapping of its keys changes. Interrupted, it is run again with the same two keys and goes on; a service refuses to
start on a change that is half-way. Old backups still need the old master key: keep it as long as you keep them.`,
  examples: [
    { does: 'the key in the data folder', command: 'auditor rotate-master-key' },
    { does: 'a key that you keep yourself', command: 'ROLEBOOK_MASTER_KEY="$(cat old.key)" auditor rotate-master-key --new-key-file new.key' },
  ],
  async run({ options, terminal }) {
    const given = options['new-key-file'] === undefined ? undefined : textOf(options['new-key-file']).trim();
    const { rotateMasterKey } = (await import(join(__dirname, '../composition/rotate-master-key'))) as typeof import('../composition/rotate-master-key');
    const progress = new Progress(terminal, 'keys wrapped');
    const { from, to, wrapped, file } = await rotateMasterKey(options.data, given, (done) => progress.report(done)).catch((error: unknown) => {
      throw error instanceof Error && ['MasterKeyError', 'ConfigError'].includes(error.name) ? new NotTried(error.message) : error;
    });
    progress.end();
    terminal.out(options.json ? `${JSON.stringify({ from, to, wrapped, file })}\n` : facts([
      ['Old key', from], ['New key', to], ['Wrapped anew', count(wrapped, ['key', 'keys'])], ['Kept', file ?? 'by you: start every process with ROLEBOOK_MASTER_KEY set to the new one'],
    ]));
    return EXIT.ok;
  },
});
