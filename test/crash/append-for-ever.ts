import { randomUUID } from 'node:crypto';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';

/**
 * The child of event-log.spec.ts: appends until it is killed. Each append is announced on standard output before
 * and acknowledged after, one JSON text a line.
 */
const CALLERS = 8;

async function main(file: string): Promise<void> {
  const store = await openSqliteEventStore({ file });
  const caller = async (name: string): Promise<never> => {
    for (let n = 0; ; n++) {
      const stream = n % 3 === 0 ? 'shared' : `caller-${name}-${n}`;
      const events = Array.from({ length: 1 + (n % 4) }, () => ({ id: randomUUID(), type: 'Counted', data: JSON.stringify({ n, filling: 'x'.repeat(200) }), metadata: '{}' }));
      const ids = events.map(({ id }) => id);
      say({ asked: ids });
      const { position } = await store.append(stream, 'any', events);
      say({ acknowledged: ids, stream, position });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, () => caller(randomUUID())));
}

/** What dies unsaid is merely not checked; nothing is said that is not so. */
function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

void main(process.argv[2] ?? '');
