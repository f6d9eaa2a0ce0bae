import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { unique } from '../e2e/harness';
import { expectClean } from './aftermath';
import { expectStatus, expectUnavailable, ServiceProcess, until } from './service-process';
import { Folders } from './template';

/** Permissions bind everybody but the superuser, who must give up what overrides them (capabilities(7)). */
const AS_ANYBODY = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : [];

function isPossible(): boolean {
  const [command, ...rest] = [...AS_ANYBODY, 'sh', '-c', 'd=$(mktemp -d) && chmod 500 $d && ! touch $d/x 2>/dev/null'];
  return process.platform !== 'win32' && spawnSync(command, rest, { stdio: 'ignore' }).status === 0;
}

function describeWherePermissionsBind(name: string, specifications: () => void): void {
  if (process.env.CI || isPossible()) return describe(name, specifications);
  describe.skip(`${name} (not run: nothing here keeps this user from writing)`, () => { it('needs setpriv where it is run by root', () => undefined); });
}

/**
 * A file system cannot be mounted read-only while a database file on it is open for writing (mount(2): EBUSY). What can be taken away from a running
 * service is the right to make files: it has its databases open, and mails, pictures and checkpoints are new files.
 */
describeWherePermissionsBind('a data folder that becomes read-only under a running service', () => {
  const folders = new Folders();
  const data = folders.fresh();
  let service: ServiceProcess;
  let biz: Awaited<ReturnType<ServiceProcess['business']>>;

  beforeAll(async () => {
    service = await ServiceProcess.start(data, { through: AS_ANYBODY });
    biz = await service.business();
  }, 60_000);
  afterAll(async () => {
    writable();
    await service.kill();
    folders.dispose();
  });

  const each = (file: number, folder: number) => {
    for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? folder : file);
    chmodSync(data, folder);
  };
  const readOnly = () => each(0o400, 0o500);
  const writable = () => each(0o600, 0o700);
  const as = () => ({ token: biz.token });
  const invite = async () => {
    const email = `${unique('ro')}@x.example`;
    expectStatus(await service.call('POST', '/v1/invitations', { email, role: 'crew' }, as()), 201);
    return email;
  };
  const mails = () => readdirSync(data, { recursive: true }).filter((name) => String(name).endsWith('.eml')).length;
  const setPicture = async () => service.call('PUT', '/v1/me/avatar', await sharp({ create: { width: 8, height: 8, channels: 3, background: '#0a0' } }).png().toBuffer(), { ...as(), headers: { 'content-type': 'image/png' } });

  it('changes go on in the files that are open, a picture is refused with 503, mails wait; when it may write again, all of it is done', async () => {
    const emails = [await invite()];
    await until(() => mails() === 1);
    readOnly();
    emails.push(await invite(), await invite());
    expectUnavailable(await setPicture());
    await until(() => service.said.includes('a mail could not be sent and is tried again'));
    expect(mails()).toBe(1);
    for (const email of emails) expect((expectStatus(await service.call('GET', `/v1/users?q=${email}`, undefined, as()), 200).body.items as unknown[]).length).toBe(1);
    expectStatus(await service.call('GET', '/health/live'), 200);
    writable();
    await until(() => mails() === emails.length);
    expectStatus(await setPicture(), 200);
  });

  it('a start on it is refused with a sentence that says what to do, and loses nothing', async () => {
    const email = await invite();
    readOnly();
    await service.kill();
    expect(await ServiceProcess.refusal(data, { through: AS_ANYBODY })).toMatch(/cannot be used \(E?\w*(ACCES|PERM|READONLY|CANTOPEN)\w*\)|may write to/);
    writable();
    service = await ServiceProcess.start(data, { through: AS_ANYBODY });
    expect((expectStatus(await service.call('GET', `/v1/users?q=${email}`, undefined, as()), 200).body.items as unknown[]).length).toBe(1);
    expect(await service.stop()).toBe(0);
    await expectClean(data);
  });
});
