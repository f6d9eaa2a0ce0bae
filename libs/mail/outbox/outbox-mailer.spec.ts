import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mailerContract } from '../mailer.contract';
import { MailUnavailable } from '../port';
import { aMail, readMail } from '../spec-helpers';
import { OutboxMailer } from './index';

const from = { name: 'JingjaiOps', address: 'no-reply@app.example' };
const NOON = Date.UTC(2026, 10, 24, 12, 0, 0, 7);

let root: string;
beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'outbox-')); });
afterEach(() => rm(root, { recursive: true, force: true }));

const outbox = (now: () => number = () => NOON) => new OutboxMailer({ folder: join(root, 'outbox'), from, now });
const names = async () => (await readdir(join(root, 'outbox'))).sort();
const read = async () => Promise.all((await names()).map(async (name) => readMail(await readFile(join(root, 'outbox', name), 'utf8'))));
const idsInOrder = async () => (await read()).map((mail) => mail.messageId);

mailerContract('the outbox folder', async () => {
  const mailer = outbox(Date.now);
  return { mailer, received: () => read().catch(() => []), stop: () => mailer.close() };
});

describe('the outbox folder', () => {
  it('names files by time, number and message', async () => {
    const mailer = outbox();
    await mailer.send(aMail());
    await mailer.send(aMail({ messageId: 'reset/7+x@app.example' }));

    expect(await names()).toEqual([
      '20261124T120000007Z-000000-invitation-0190a1b2-1-app-example-1d469f71f66a41e5.eml',
      '20261124T120000007Z-000001-reset-7-x-app-example-b2a22c206907a06a.eml',
    ]);
  });

  it('keeps the order of sending within a millisecond, over restarts, and when the clock goes back', async () => {
    const times = [NOON, NOON, NOON + 1, NOON - 3_600_000, NOON - 3_600_000, NOON + 2];
    for (const [i, time] of times.entries()) {
      const mailer = outbox(() => time);
      await mailer.send(aMail({ messageId: `${i}.a@app.example` }));
      await mailer.send(aMail({ messageId: `${i}.b@app.example` }));
      await mailer.close();
    }

    expect(await idsInOrder()).toEqual(times.flatMap((_, i) => [`<${i}.a@app.example>`, `<${i}.b@app.example>`]));
  });

  it('keeps one mail of those with the same message id, also over a restart', async () => {
    const first = outbox();
    await Promise.all([first.send(aMail()), first.send(aMail())]);
    await first.close();
    await outbox().send(aMail());

    expect(await names()).toHaveLength(1);
  });

  it('is for its owner only', async () => {
    await outbox().send(aMail());
    const [name = ''] = await names();

    expect([(await stat(join(root, 'outbox'))).mode & 0o777, (await stat(join(root, 'outbox', name))).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('leaves no drafts behind', async () => {
    const mailer = outbox();
    await Promise.all(Array.from({ length: 5 }, (_, i) => mailer.send(aMail({ messageId: `${i}@app.example` }))));

    expect((await names()).filter((name) => !name.endsWith('.eml'))).toEqual([]);
  });

  it('shows a reader whole mails only', async () => {
    const text = `${'All of it. '.repeat(400_000)}The end.\n`;
    let underWay = true;
    const sending = outbox().send(aMail({ text })).finally(() => { underWay = false; });
    const lengths = new Set<number>();
    while (underWay) {
      for (const name of (await names().catch(() => [])).filter((found) => found.endsWith('.eml'))) lengths.add((await stat(join(root, 'outbox', name))).size);
    }
    await sending;
    const [name = ''] = await names();

    expect([...lengths].filter((length) => length < text.length)).toEqual([]);
    expect(readMail(await readFile(join(root, 'outbox', name), 'utf8')).text).toBe(text);
  });

  it('passes over files that are not its own', async () => {
    const mailer = outbox();
    await mailer.send(aMail());
    await writeFile(join(root, 'outbox', 'zz-note.eml'), '');
    await outbox().send(aMail({ messageId: 'next@app.example' }));

    expect((await names())[1]).toMatch(/^20261124T120000007Z-000001-next-app-example-/);
  });

  it('is unavailable while the folder cannot be made, and works when it can', async () => {
    await writeFile(join(root, 'outbox'), 'in the way');
    const mailer = outbox();
    await expect(mailer.send(aMail())).rejects.toThrow(MailUnavailable);
    await rm(join(root, 'outbox'));
    await mailer.send(aMail());

    expect(await names()).toHaveLength(1);
  });

  it('makes the folder again when somebody has removed it', async () => {
    const mailer = outbox();
    await mailer.send(aMail({ messageId: '1@app.example' }));
    await rm(join(root, 'outbox'), { recursive: true });
    await expect(mailer.send(aMail({ messageId: '2@app.example' }))).rejects.toThrow(MailUnavailable);
    await mailer.send(aMail({ messageId: '2@app.example' }));

    expect(await idsInOrder()).toEqual(['<2@app.example>']);
  });
});
