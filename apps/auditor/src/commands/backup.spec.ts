import { appendFileSync, copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditor, type Ran } from '../spec-helpers';

let folder: string;
let data: string;
let backup: string;
const business = (slug: string): Promise<Ran> => auditor(['business', 'create', '--data', data, '--name', `Business ${slug}`, '--slug', slug, '--email', `owner@${slug}.example`, '--owner', 'Olive Owner']);
const make = (...more: string[]): Promise<Ran> => auditor(['backup', '--data', data, '--to', backup, ...more]);
const verify = (...more: string[]): Promise<Ran> => auditor(['backup', 'verify', backup, '--master-key-file', join(data, 'master.key'), ...more]);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'auditor-backup-'));
  data = join(folder, 'data');
  backup = join(folder, 'backup');
  for (const slug of ['one', 'two']) expect((await business(slug)).code).toBe(0);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('auditor backup', () => {
  it('copies log, keys and state, and no master key and no read model', async () => {
    const { code, out } = await make('--json');
    expect(code).toBe(0);
    expect(readdirSync(backup).sort()).toEqual(['backup.json', 'events.db', 'keys.db', 'operational.db']);
    for (const name of readdirSync(backup)) expect(statSync(join(backup, name)).mode & 0o077).toBe(0);
    const { log } = JSON.parse(out) as { log: { events: number; businesses: { size: number }[] } };
    expect(log.businesses.map(({ size }) => size).reduce((sum, size) => sum + size, 0)).toBe(log.events);
    expect(log.events).toBeGreaterThanOrEqual(10);
  });

  it('is proven by restoring it, and is not touched by that', async () => {
    await make();
    const before = readdirSync(backup).map((name) => [name, readFileSync(join(backup, name), 'hex')]);
    const people = await verify();
    expect(people).toMatchObject({ code: 0, out: expect.stringMatching(/^Replayed +2 businesses, 2 users$/m) });
    expect(people.out).toContain('PROVEN');
    expect(JSON.parse((await verify('--json')).out)).toMatchObject({ ok: true, businesses: 2, users: 2, problems: [] });
    expect(readdirSync(backup).map((name) => [name, readFileSync(join(backup, name), 'hex')])).toEqual(before);
  });

  it('restored, it is the installation it was, and goes on', async () => {
    await make();
    const restored = join(folder, 'restored');
    cpSync(backup, restored, { recursive: true });
    copyFileSync(join(data, 'master.key'), join(restored, 'master.key'));
    const replay = async (of: string) => JSON.parse((await auditor(['replay', '--data', of, '--business', 'one', '--json'])).out) as object;
    expect(await replay(restored)).toEqual(await replay(data));
    data = restored;
    expect((await business('three')).code).toBe(0);
  });

  it('shows what happened to it since: a byte, a file too few, a file too many', async () => {
    await make();
    appendFileSync(join(backup, 'keys.db'), 'x');
    expect(await verify()).toMatchObject({ code: 1, out: expect.stringContaining('keys.db is not what was written') });
    rmSync(join(backup, 'keys.db'));
    writeFileSync(join(backup, 'note.txt'), '');
    const { code, out } = await verify();
    expect(code).toBe(1);
    expect(out).toContain('keys.db is missing');
    expect(out).toContain('note.txt is no part of the backup');
  });

  it('shows a log that is another than it says, though every file is what the manifest names', async () => {
    await make();
    const file = join(backup, 'backup.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { log: { events: number; businesses: { rootHash: string }[] } };
    manifest.log.businesses[0]!.rootHash = 'AAAA';
    writeFileSync(file, JSON.stringify(manifest));
    expect(await verify()).toMatchObject({ code: 1, out: expect.stringMatching(/the history of business \S+ is another/) });
  });

  it('without the right master key it is not tried', async () => {
    await make();
    const other = join(folder, 'other.key');
    writeFileSync(other, Buffer.alloc(32, 9).toString('base64'));
    expect(await auditor(['backup', 'verify', backup, '--master-key-file', other])).toMatchObject({ code: 2, err: expect.stringContaining('wrong key') });
  });

  it('takes no folder that is in use, and no interrupted backup for one', async () => {
    await make();
    expect(await make()).toMatchObject({ code: 2, err: expect.stringContaining('is not empty') });
    rmSync(join(backup, 'backup.json'));
    expect(await verify()).toMatchObject({ code: 2, err: expect.stringContaining('is no backup') });
  });
});

describe('auditor rotate-master-key', () => {
  const rotate = (...more: string[]): Promise<Ran> => auditor(['rotate-master-key', '--data', data, ...more]);
  const key = () => readFileSync(join(data, 'master.key'), 'utf8').trim();
  const replayed = async () => (await auditor(['replay', '--data', data, '--business', 'one', '--json'])).code;

  it('makes a new key, and everything can be read with it alone', async () => {
    const old = key();
    expect(await rotate()).toMatchObject({ code: 0, out: expect.stringMatching(/^Wrapped anew +\d+ keys$/m) });
    expect(key()).not.toBe(old);
    expect(existsSync(join(data, 'master.key.next'))).toBe(false);
    expect(await replayed()).toBe(0);
    writeFileSync(join(data, 'master.key'), old);
    expect(await replayed()).toBe(2);
  });

  it('takes the key it is given', async () => {
    const given = Buffer.alloc(32, 5).toString('base64');
    writeFileSync(join(folder, 'new.key'), `${given}\n`);
    expect((await rotate('--new-key-file', join(folder, 'new.key'))).code).toBe(0);
    expect(key()).toBe(given);
    expect(await replayed()).toBe(0);
  });

  it('interrupted before the first key was wrapped, goes on to the key it had made', async () => {
    const made = Buffer.alloc(32, 6).toString('base64');
    writeFileSync(join(data, 'master.key.next'), made);
    writeFileSync(join(folder, 'new.key'), Buffer.alloc(32, 5).toString('base64'));
    expect(await rotate('--new-key-file', join(folder, 'new.key'))).toMatchObject({ code: 2, err: expect.stringContaining('was interrupted') });
    expect((await rotate()).code).toBe(0);
    expect(key()).toBe(made);
    expect(await replayed()).toBe(0);
  });
});
