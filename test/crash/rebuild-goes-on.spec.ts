import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessProfiles, auditLog, auditTiles } from '@rolebook/audit/read';
import { openSqliteDocumentStore } from '@rolebook/document-store/sqlite';
import { allReadModels } from '@rolebook/installation';
import { businessOf, seed } from '../bench/seed';

const TYPESCRIPT = join(__dirname, '..', '..', 'libs', 'worker', 'typescript-bootstrap.cjs');
/** Some ten thousand events: several of the pages of 2,000 that a rebuild reads and marks. */
const USERS = 1_500;

interface Said {
  readonly name?: string;
  readonly position?: number;
  readonly done?: string;
  readonly events?: number;
  readonly read?: number;
  readonly thrownAway?: string | null;
}

describe('a rebuild that is killed half-way', () => {
  let data: string;
  let inOneGo: string;

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'rolebook-goes-on-'));
    await seed(data, [businessOf('crash', USERS)], () => undefined);
    inOneGo = `${data}-in-one-go`;
    cpSync(data, inOneGo, { recursive: true });
    await rebuild(inOneGo, 'all');
  }, 120_000);
  afterAll(() => {
    for (const folder of [data, inOneGo]) rmSync(folder, { recursive: true });
  });

  /** Runs one, and kills it when it says something of which that is to be thought. @returns all that it said */
  async function rebuild(folder: string, readModel: string, isTime: (said: Said) => boolean = () => false): Promise<readonly Said[]> {
    const child = spawn(process.execPath, [TYPESCRIPT, join(__dirname, 'rebuild-once.ts'), folder, readModel, '1000'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const all: Said[] = [];
    let wasKilled = false;
    for await (const line of createInterface(child.stdout)) {
      const said = JSON.parse(line) as Said;
      all.push(said);
      if (!isTime(said)) continue;
      wasKilled = true;
      child.kill('SIGKILL');
    }
    const [code, signal] = (await ended) as [number | null, string | null];
    expect([code, signal]).toEqual(wasKilled ? [null, 'SIGKILL'] : [0, null]);
    return all;
  }

  /** Every document of every read model as text, by collection and id. */
  async function everything(folder: string): Promise<ReadonlyMap<string, string>> {
    const store = await openSqliteDocumentStore({ file: join(folder, 'read-models.db') });
    const all = new Map<string, string>();
    for (const spec of [...allReadModels().map(({ checkpointIn }) => checkpointIn), auditLog, auditTiles, accessProfiles]) {
      const collection = await store.open(spec);
      all.set(spec.name, String(await collection.checkpoint()));
      for (const { id, document, position } of await collection.scan({ limit: 1_000_000 })) all.set(`${spec.name} ${id}`, JSON.stringify(spec === auditTiles ? document : [document, position]));
    }
    await store.close();
    return all;
  }

  /** When it says so the third time: it has marked the first page by then, since that is waited for before the second is. */
  const thirdTime = (readModel: string) => {
    let times = 0;
    return ({ name }: Said) => name === readModel && ++times === 3;
  };

  it('goes on the next time: it reads what is left of the log alone', async () => {
    await rebuild(data, 'user-directory-1', thirdTime('user-directory-1'));
    const again = (await rebuild(data, 'user-directory-1')).at(-1);
    expect(again).toMatchObject({ done: 'user-directory-1', thrownAway: null });
    expect(again?.read).toBeGreaterThan(0);
    expect(again?.read).toBeLessThanOrEqual((again?.events ?? 0) - 2_000);
  }, 60_000);

  it('comes to what a rebuild in one go comes to, also of several collections', async () => {
    for (const readModel of ['audit-1', 'user-history-2']) {
      await rebuild(data, readModel, thirdTime(readModel));
      expect((await rebuild(data, readModel)).at(-1)).toMatchObject({ done: readModel });
    }
    expect([...(await everything(data))].sort()).toEqual([...(await everything(inOneGo))].sort());
  }, 280_000);
});
