import Database from 'better-sqlite3';
import fc from 'fast-check';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';
import { checkAgreement, openFoundation, readConfig, type Foundation } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';
import { closeSync, copyFileSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Folders, refusalOf, serviceWithHistory } from './template';

/** What a broken disk does to the end of a file: bytes are gone, or are others. `back` counts from the end. */
type Damage = { readonly cut: number } | { readonly back: number; readonly mask: number; readonly bytes: number };

const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ cut: fc.integer({ min: 1, max: 4096 }) }),
  fc.record({ back: fc.integer({ min: 1, max: 4096 }), mask: fc.integer({ min: 1, max: 255 }), bytes: fc.constantFrom(1, 8, 512) }),
);

function inflict(damage: Damage, file: string): void {
  const handle = openSync(file, 'r+');
  const { size } = fstatSync(handle);
  if ('cut' in damage) ftruncateSync(handle, size - damage.cut);
  else {
    const bytes = Buffer.alloc(Math.min(damage.bytes, damage.back));
    readSync(handle, bytes, 0, bytes.length, size - damage.back);
    for (let at = 0; at < bytes.length; at++) bytes[at]! ^= damage.mask;
    writeSync(handle, bytes, 0, bytes.length, size - damage.back);
  }
  closeSync(handle);
}

describe('damage in the last 4 KiB of the event log: it opens with everything acknowledged as it was, or the start is refused, saying what to do; never a loss in silence', () => {
  const folders = new Folders();
  /** As the disk was when the power went: half of the log in its file, half in its write-ahead log. */
  let image: string;
  /** What was acknowledged to clients by then, kept outside of the database. */
  let journal: readonly LoggedEvent[];
  /** On the image; its log alone is opened anew in each case. */
  let foundation: Foundation;

  beforeAll(async () => {
    const { service } = await serviceWithHistory();
    journal = await service.installation.events.readAll({ after: 0, limit: 10_000 });
    image = folders.copyOf(service.data);
    await service.dispose();
    foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: folders.copyOf(image) }), systemClock);
  }, 60_000);
  afterAll(async () => {
    await foundation.stores.close();
    folders.dispose();
  });

  /** @returns the log, or the sentence with which a start on it is refused */
  async function start(file: string): Promise<EventStore | string> {
    let events: EventStore | null = null;
    try {
      events = await openSqliteEventStore({ file });
      await checkAgreement({ ...foundation, stores: { ...foundation.stores, events } });
      return events;
    } catch (error) {
      await events?.close();
      return (error as Error).message;
    }
  }

  const copyOfLog = () => {
    const folder = folders.fresh();
    mkdirSync(folder);
    for (const name of ['events.db', 'events.db-wal']) copyFileSync(join(image, name), join(folder, name));
    return join(folder, 'events.db');
  };

  // What stands in the write-ahead log too is not read from the file: there the damage does no harm.
  it.each([['events.db', 0], ['events.db-wal', 1]])('in %s, cut or changed anywhere', async (name, refusals) => {
    expect(statSync(join(image, name)).size).toBeGreaterThan(4096);
    const outcomes = { intact: 0, refused: 0 };
    await fc.assert(fc.asyncProperty(damages, async (damage) => {
      const file = copyOfLog();
      inflict(damage, join(file, '..', name));
      const started = await start(file);
      if (typeof started === 'string') {
        outcomes.refused++;
        expect(started).toMatch(/^The event log (\S+events\.db is damaged|ends at position \d+|is not what it was: at position \d+).* Restore (it|the log) from a backup/);
        return;
      }
      outcomes.intact++;
      const events = await started.readAll({ after: 0, limit: 10_000 });
      await started.close();
      expect(events.slice(0, journal.length)).toEqual(journal);
    }), { numRuns: 40, seed: 7 });
    expect(outcomes.refused).toBeGreaterThanOrEqual(refusals);
  }, 120_000);

  it('in events.db alone, after the service had stopped in order', async () => {
    const folded = folders.fresh();
    mkdirSync(folded);
    for (const name of ['events.db', 'events.db-wal']) copyFileSync(join(image, name), join(folded, name));
    await (await openSqliteEventStore({ file: join(folded, 'events.db') })).close();
    expect(existsSync(join(folded, 'events.db-wal')) && statSync(join(folded, 'events.db-wal')).size > 0).toBe(false);
    let refused = 0;
    await fc.assert(fc.asyncProperty(damages, async (damage) => {
      const folder = folders.fresh();
      mkdirSync(folder);
      const file = join(folder, 'events.db');
      copyFileSync(join(folded, 'events.db'), file);
      inflict(damage, file);
      const started = await start(file);
      if (typeof started === 'string') return void refused++;
      const events = await started.readAll({ after: 0, limit: 10_000 });
      await started.close();
      expect(events).toEqual(journal);
    }), { numRuns: 40, seed: 7 });
    expect(refused).toBeGreaterThan(0);
  }, 120_000);

  it('the whole write-ahead log gone: the service refuses, and says from where on events are missing', async () => {
    const gone = folders.copyOf(image);
    truncateSync(join(gone, 'events.db-wal'));
    expect(await refusalOf(gone)).toMatch(/^The event log ends at position \d+, but the read model [\w-]+ has seen position \d+/);
  });

  it('a word of an event that still reads well: the service refuses, and says which', async () => {
    const changed = folders.copyOf(image);
    const db = new Database(join(changed, 'events.db'));
    const { position } = db.prepare<[], { position: number }>(`SELECT max(position) AS position FROM events WHERE data LIKE '%"role":"billing"%'`).get()!;
    db.prepare(`UPDATE events SET data = replace(data, '"role":"billing"', '"role":"super-admin"') WHERE position = ?`).run(position);
    db.close();
    expect(await refusalOf(changed)).toContain(`The event log is not what it was: at position ${position} it disagrees with its own index or with the Merkle tree`);
  });
});
