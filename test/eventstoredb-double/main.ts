/**
 * The double as a process of its own:
 *
 *     node libs/worker/typescript-bootstrap.cjs "$PWD/test/eventstoredb-double/main.ts" --port 2113 --file log.ndjson
 *
 * Prints its connection string as its first line and runs until SIGTERM or SIGINT.
 */
import { parseArgs } from 'node:util';
import { startEventStoreDbDouble } from '.';

const { values } = parseArgs({ options: { port: { type: 'string' }, file: { type: 'string' }, 'max-append-size': { type: 'string' } } });

const maxAppendSize = values['max-append-size'] === undefined ? undefined : Number(values['max-append-size']);

void startEventStoreDbDouble({ port: Number(values.port ?? 0), file: values.file, maxAppendSize }).then((double) => {
  console.log(double.url);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void double.stop().then(() => process.exit(0)));
});
