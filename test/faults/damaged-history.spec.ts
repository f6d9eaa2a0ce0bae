import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtService } from './built';
import { expectStatus, ServiceProcess } from './service-process';
import { Folders } from './template';

const folders = new Folders();
/** Exports, checkpoints and keys: all that somebody has who verifies. */
let files: string;
/** Where the service has stopped in order. */
let data: string;
let biz: Awaited<ReturnType<ServiceProcess['business']>>;
let lines: string[];

const path = (name: string) => join(files, name);
const write = (name: string, text: string) => (writeFileSync(path(name), text), path(name));
interface Verdict { readonly code: number | null; readonly problems: readonly { readonly line: number | null; readonly what: string }[]; readonly err: string }

/** The built command, as an auditor runs it: on files, in a process of its own. */
function verify(text: string, { checkpoint = path('checkpoint.json'), key = path('key.pem') } = {}): Verdict {
  const main = join(builtService(), '..', '..', '..', 'auditor', 'src', 'main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'verify', write('export.ndjson', text), '--checkpoint', checkpoint, '--key', key, '--json'], { encoding: 'utf8' });
  return { code: status, problems: stdout === '' ? [] : (JSON.parse(stdout) as { problems: Verdict['problems'] }).problems, err: stderr };
}
const file = (of: readonly string[]) => `${of.join('\n')}\n`;
const withLine = (n: number, edit: (line: string) => string) => file(lines.map((line, at) => (at === n ? edit(line) : line)));

async function exportOf(service: ServiceProcess, token: string, format = 'ndjson'): Promise<string> {
  return expectStatus(await service.call('GET', `/v1/audit/export?format=${format}`, undefined, { token }), 200).text;
}

beforeAll(async () => {
  files = folders.fresh();
  mkdirSync(files);
  data = folders.fresh();
  const service = await ServiceProcess.start(data);
  biz = await service.business();
  const other = await service.business();
  for (let n = 0; n < 12; n++) {
    const body = { email: `crew${n}@${biz.slug}.example`, displayName: `Crew ${n}`, role: 'crew', locale: 'en' };
    expectStatus(await service.call('POST', '/v1/invitations', body, { token: biz.token }), 201);
  }
  lines = (await exportOf(service, biz.token)).trimEnd().split('\n');
  for (const [name, token] of [['checkpoint.json', biz.token], ['other.json', other.token]] as const) write(name, (await service.call('GET', '/v1/audit/checkpoint', undefined, { token })).text);
  write('key.pem', (await service.call('GET', '/.well-known/rolebook-audit-key')).text);
  write('export.csv', await exportOf(service, biz.token, 'csv'));
  await service.stop();
}, 120_000);
afterAll(() => folders.dispose());

describe('auditor verify, on an export that somebody had in hand', () => {
  it('proves it as it came', () => {
    expect(verify(file(lines))).toEqual({ code: 0, problems: [], err: '' });
  });

  const EDITED = 7;
  it.each<[string, () => string, { line: number | null; what: RegExp }]>([
    ['edited in what people read', () => withLine(EDITED, (line) => line.replace('Crew', 'Mate')), { line: EDITED + 1, what: /what people read here is not what was exported/ }],
    ['edited in the stored event', () => withLine(EDITED, (line) => line.replace(/\\"role\\":\\"crew\\"|\\"commandId\\":\\"0/, (found) => found.replace(/crew|0$/, 'x'))), { line: EDITED + 1, what: /the stored event is not the one in the history/ }],
    ['with an entry dropped', () => file(lines.filter((_, at) => at !== EDITED)), { line: EDITED + 1, what: /entry 7 is missing before it: dropped or reordered/ }],
    ['with two entries changed round', () => file([...lines.slice(0, EDITED), lines[EDITED + 1]!, lines[EDITED]!, ...lines.slice(EDITED + 2)]), { line: EDITED + 1, what: /entry 7 is missing before it: dropped or reordered/ }],
    ['with an entry added', () => file([...lines.slice(0, EDITED + 1), lines[EDITED]!, ...lines.slice(EDITED + 1)]), { line: EDITED + 2, what: /reordered or repeated/ }],
    ['with a line added after the end', () => file([...lines, lines.at(-1)!]), { line: null, what: /the export ends before this line: it was added/ }],
    ['with its end cut off', () => file(lines.slice(0, -3)), { line: null, what: /the export breaks off after this line/ }],
    ['cut off within a line', () => file(lines).slice(0, -40), { line: null, what: /this is no JSON|breaks off/ }],
    ['in its CSV form, which proves nothing', () => readFileSync(path('export.csv'), 'utf8'), { line: 1, what: /no JSON/ }],
  ])('fails with 1 and says where, %s', (_, edited, { line, what }) => {
    const { code, problems } = verify(edited());
    expect(code).toBe(1);
    expect(problems).toContainEqual({ line: line ?? expect.any(Number), what: expect.stringMatching(what) });
  });

  it('fails with 1 by the checkpoint of another business, and by another key', () => {
    expect(verify(file(lines), { checkpoint: path('other.json') })).toMatchObject({ code: 1, problems: [{ line: null, what: expect.stringContaining('the checkpoint cannot be believed') }] });
    const another = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const { code, problems } = verify(file(lines), { key: write('another.pem', another) });
    expect(code).toBe(1);
    expect(problems).toContainEqual({ line: lines.length, what: expect.stringContaining('the seal is not signed by the given key') });
  });

  it('does not try, with 2, where a file is missing', () => {
    expect(verify(file(lines), { checkpoint: path('none.json') })).toMatchObject({ code: 2, problems: [], err: expect.stringContaining('there is no such file') });
  });
});

describe('auditor verify, on an export made by the service itself from a log that somebody wrote into', () => {
  /** As it was published before: the last line of the file outside of the database. */
  const published = () => write('published.json', readFileSync(join(data, 'checkpoints', `${biz.id}.ndjson`), 'utf8').trim().split('\n').at(-1)!);

  type Tamper = (db: Database.Database) => void;

  function writeInto(copy: string, tamper: Tamper): void {
    const db = new Database(join(copy, 'events.db'));
    try { tamper(db); } finally { db.close(); }
  }

  interface Before { readonly asleep?: Tamper; readonly forget?: boolean }
  function copyWith({ asleep, forget = false }: Before): string {
    const copy = folders.copyOf(data);
    if (asleep) writeInto(copy, asleep);
    // Read models that are gone are made again from the log: what they remember is the tamperer's then.
    if (forget) for (const name of readdirSync(copy)) if (name.startsWith('read-models.')) rmSync(join(copy, name));
    return copy;
  }

  /** The export that a service makes of a copy of the data; what was answered or said instead, where it makes none. */
  async function exportAfter({ awake, ...before }: Before & { readonly awake?: Tamper }): Promise<string> {
    const copy = copyWith(before);
    const service = await ServiceProcess.start(copy);
    try {
      const token = await service.signIn(biz.slug, biz.email);
      if (awake) writeInto(copy, awake);
      return await service.call('GET', '/v1/audit/export?format=ndjson', undefined, { token }).then(({ text }) => text, (error: unknown) => String(error));
    } finally {
      await service.kill();
    }
  }

  const third = `SELECT position FROM events WHERE type = 'UserInvited' ORDER BY position LIMIT 1 OFFSET 2`;
  const edit: Tamper = (db) => expect(db.prepare(`UPDATE events SET data = replace(data, '"role":"crew"', '"role":"admin"') WHERE position = (${third})`).run().changes).toBe(1);
  const remove: Tamper = (db) => {
    db.pragma('foreign_keys = OFF');
    expect(db.prepare(`DELETE FROM events WHERE position = (${third})`).run().changes).toBe(1);
  };
  const lineOfThird = () => lines.findIndex((line) => line.includes('"action":"user.invited"') && line.includes(`"displayName":"Crew 2"`)) + 1;

  it('nothing was changed: the checkpoint of before agrees', async () => {
    expect(verify(await exportAfter({}), { checkpoint: published() })).toEqual({ code: 0, problems: [], err: '' });
  }, 120_000);

  it('an event was edited: the line is named', async () => {
    expect(lineOfThird()).toBeGreaterThan(0);
    const { code, problems } = verify(await exportAfter({ awake: edit }), { checkpoint: published() });
    expect(code).toBe(1);
    expect(problems).toContainEqual({ line: lineOfThird(), what: expect.stringContaining('the stored event is not the one in the history: it was changed, in the log or in the export') });
  }, 120_000);

  it('an event was edited, and the tree made again to match: the checkpoint of before tells', async () => {
    const { code, problems } = verify(await exportAfter({ asleep: edit, forget: true }), { checkpoint: published() });
    expect(code).toBe(1);
    expect(problems).toEqual([{ line: null, what: expect.stringContaining('the checkpoint is of another history') }]);
  }, 120_000);

  it('an event was taken out: what comes is no export', async () => {
    const { code, problems } = verify(await exportAfter({ awake: remove }), { checkpoint: published() });
    expect(code).toBe(1);
    expect(problems).toContainEqual({ line: expect.any(Number), what: expect.stringContaining('the export breaks off after this line') });
  }, 120_000);

  it('an event was taken out of a log with its read models: the service does not start on it, and says where', async () => {
    const copy = copyWith({ asleep: remove, forget: true });
    expect(await ServiceProcess.refusal(copy)).toMatch(/^The event log is not what it was: at position \d+ it disagrees with its own index/);
  }, 120_000);
});
