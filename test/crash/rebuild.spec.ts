import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamNames } from '@rolebook/access';
import { accessProfiles, auditLog, auditTiles } from '@rolebook/audit/read';
import { openSqliteDocumentStore } from '@rolebook/document-store/sqlite';
import { allReadModels, openFoundation, readConfig, type Foundation } from '@rolebook/installation';
import { systemClock, uuidv7, type DomainEvent } from '@rolebook/kernel';
import { Projector } from '@rolebook/projecting';
import { userDirectory, type UserDocument } from '@rolebook/users/read';
import { businessOf, seed, userId } from '../bench/seed';

const TYPESCRIPT = join(__dirname, '..', '..', 'libs', 'worker', 'typescript-bootstrap.cjs');
const USERS = 400;
const newId = () => uuidv7(Date.now(), randomBytes(16));

/** The service, as far as read models go: it follows the log, and people change things, all the while. */
describe('a rebuild beside the service', () => {
  let data: string;
  let service: Foundation;
  let projector: Projector;
  const business = businessOf('crash', USERS);
  const problems: string[] = [];

  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), 'rolebook-rebuild-'));
    await seed(data, [business], () => undefined);
    service = await openFoundation(readConfig({ ROLEBOOK_DATA: data }), systemClock);
    const { stores, codec } = service;
    projector = new Projector({ events: stores.events, codec, documents: stores.documents, readModels: allReadModels(), onProblem: (message, details) => problems.push(`${message} ${JSON.stringify(details)}`) });
    await projector.start();
  });
  afterAll(async () => {
    await projector.stop();
    await service.stores.close();
    rmSync(data, { recursive: true });
  });

  async function rename(n: number, displayName: string): Promise<void> {
    const id = userId(business, n);
    const stream = streamNames.user(business.id, id);
    const event = { type: 'ProfileEdited', data: { userId: id, from: {}, to: { displayName } } } as unknown as DomainEvent;
    const metadata = { businessId: business.id, actor: { type: 'system' }, commandId: newId(), requestId: null, sessionId: null, ip: null, device: null } as const;
    const { position } = await service.stores.events.append(stream, 'any', await service.codec.encode([{ id: newId(), event }], metadata));
    if (!(await projector.caughtUp(position, 20_000))) throw new Error(`the service does not follow: ${problems.join(', ')}`);
    const directory = await service.stores.documents.open<UserDocument>(userDirectory.collection);
    expect((await directory.get(id))?.displayName).toBe(displayName);
  }

  /** Every document of every read model as text, by collection and id. */
  async function everything(): Promise<ReadonlyMap<string, string>> {
    // Read by a store of its own, and so from the files as they are.
    const store = await openSqliteDocumentStore({ file: join(data, 'read-models.db') });
    const all = new Map<string, string>();
    for (const spec of specs()) {
      // A tile's position is that of the last event of the batch that wrote it, however the log was cut into batches.
      for (const { id, document, position } of await (await store.open(spec)).scan({ limit: 100_000 })) all.set(`${spec.name} ${id}`, JSON.stringify(spec === auditTiles ? document : [document, position]));
    }
    await store.close();
    return all;
  }

  const differing = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) => [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key));

  function* specs() {
    for (const { checkpointIn } of allReadModels()) yield checkpointIn;
    yield* [auditLog, auditTiles, accessProfiles];
  }

  function rebuild() {
    const child = spawn(process.execPath, [TYPESCRIPT, join(__dirname, 'rebuild-once.ts'), data], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    const ended = once(child, 'exit').then(([code, signal]) => ({ code: code as number | null, signal: signal as string | null, said }));
    return { child, ended };
  }

  const loading = () => readdirSync(data).filter((name) => name.endsWith('.loading'));

  it('that is killed half-way, again and again, leaves the service as it was, and comes to its end the next time', async () => {
    await rename(1, 'Before any of it');
    const before = await everything();
    const files = readdirSync(data).filter((name) => name.endsWith('.db'));
    for (const model of ['user-directory-1', 'audit-1', 'user-history-2']) {
      const { child, ended } = rebuild();
      while (child.exitCode === null && !loading().some((name) => name.includes(model))) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      expect(await ended).toMatchObject({ signal: 'SIGKILL', said: '' });
      await rename(2, `After the death of ${model}`);
    }
    const touched = differing(before, await everything()).filter((key) => key.startsWith('user-directory-1'));
    expect(touched).toEqual([`user-directory-1 ${userId(business, 2)}`]);

    const { ended } = rebuild();
    let changes = 0;
    let isOver = false;
    void ended.then(() => { isOver = true; });
    while (!isOver) await rename(3, `Change ${++changes}`);
    expect(await ended).toEqual({ code: 0, signal: null, said: '' });
    expect(changes).toBeGreaterThan(0);

    await rename(4, 'After all of it');
    // Made anew once more with nobody changing anything, they are what the service has made of the last changes itself.
    const followed = await everything();
    expect(await rebuild().ended).toEqual({ code: 0, signal: null, said: '' });
    const anew = await everything();
    expect(differing(followed, anew)).toEqual([]);
    await rename(5, 'And after that');
    expect(loading()).toEqual([]);
    expect(readdirSync(data).filter((name) => name.endsWith('.db')).length).toBe(files.length);
    expect(problems).toEqual([]);
  }, 280_000);
});
