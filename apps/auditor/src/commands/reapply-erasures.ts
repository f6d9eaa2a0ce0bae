import { join } from 'node:path';
import { defineCommand, EXIT, NotTried } from '../command';
import { DATA_OPTIONS, onInstallation, textOf } from '../offline';
import { count, table } from '../table';

export const command = defineCommand({
  summary: 'erase again, in a restored backup, whoever was erased since it was made',
  positionals: [],
  options: {
    ...DATA_OPTIONS,
    ledger: { type: 'string', value: 'FILE', help: 'the ledger of erasures, kept apart from backups: <data folder>/erasures.ndjson, a line {"subject", "at"} each.\nBy default the key store\'s own: enough where only the log or the read models were restored' },
  },
  description: `
A backup from before an erasure holds the key and the data of somebody who was erased. Run this before a service starts on it.
For each line of the ledger the person's key is destroyed, and where the log does not say so yet, it is written there that they
were erased, so that read models, pictures and mails follow when the service starts. Doing it again changes nothing.
Exit code 1 where a business is left without a Super Admin.`,
  examples: [
    { does: 'after the log was restored', command: 'auditor reapply-erasures' },
    { does: 'after everything was restored', command: 'auditor reapply-erasures --ledger /safe/erasures.ndjson' },
  ],
  async run({ options, terminal }) {
    const { eraseAgain } = (await import(join(__dirname, '../erase-again'))) as typeof import('../erase-again');
    const given = options.ledger === undefined ? null : parseLedger(textOf(options.ledger), options.ledger);
    const outcomes = await onInstallation(options, async (foundation) => eraseAgain(foundation, given ?? (await foundation.stores.keys.destroyed()), terminal));
    if (options.json) terminal.out(`${JSON.stringify({ erasures: outcomes })}\n`);
    else if (outcomes.length === 0) terminal.out('the ledger is empty: nobody was erased\n');
    else {
      terminal.out(table(['PERSON', 'ERASED', 'NOW'], outcomes.map(({ subject, at, outcome }) => [subject, at, WORDS[outcome]])));
      terminal.out(`${count(outcomes.length, ['erasure', 'erasures'])} carried out\n`);
    }
    return outcomes.some(({ outcome }) => outcome === 'no-super-admin-left') ? EXIT.failed : EXIT.ok;
  },
});

const WORDS = {
  'unknown': 'key destroyed; the log does not know the person',
  'known': 'key destroyed; the log said so already',
  'written': 'key destroyed, and written into the log',
  'no-super-admin-left': 'key destroyed, and written into the log. THE BUSINESS HAS NO SUPER ADMIN ANY MORE',
} as const;

function parseLedger(text: string, file: string): { subject: string; at: string }[] {
  return text.split('\n').filter((line) => line.trim() !== '').map((line, n) => {
    try {
      const { subject, at } = JSON.parse(line) as { subject: unknown; at: unknown };
      if (typeof subject === 'string' && typeof at === 'string' && !Number.isNaN(Date.parse(at))) return { subject, at };
    } catch { /* said below */ }
    throw new NotTried(`${file}, line ${n + 1}: expected {"subject": "<id>", "at": "<time>"}`);
  });
}
