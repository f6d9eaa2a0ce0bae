import { openFoundation, readConfig } from '@rolebook/installation';
import { systemClock } from '@rolebook/kernel';
import { randomBytes } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { invited } from '../e2e/harness';
import { expectClean } from './aftermath';
import { ServiceProcess } from './service-process';
import { describeWithSmallDisks, SmallDisks } from './small-disk';
import { filesOf, Folders, refusalOf, serviceWithHistory, settled } from './template';

/** What a service with some history left in its data folder when it was stopped. */
let template: string;
/** Its keys and its log as they were before the last people came. */
let before: string;
const folders = new Folders();

beforeAll(async () => {
  const { service, biz } = await serviceWithHistory();
  await service.close();
  before = folders.copyOf(service.data);
  await service.reopen();
  for (let n = 0; n < 3; n++) await invited(service, biz, 'crew');
  await settled(service);
  await service.close();
  template = folders.copyOf(service.data);
  await service.reopen();
  await service.dispose();
}, 60_000);
afterAll(() => folders.dispose());

const keysIn = (data: string) => filesOf(data, 'keys.db');
const replace = (files: readonly string[], by: readonly string[], data: string) => {
  for (const file of files) rmSync(file);
  for (const file of by) cpSync(file, join(data, file.split('/').at(-1)!));
};

describe('a start with the wrong keys is refused, the sentence says what to do, nothing is made, and with the right ones it starts', () => {
  it('another master key in the environment: names the one to set', async () => {
    const data = folders.copyOf(template);
    expect(await refusalOf(data, { ROLEBOOK_MASTER_KEY: randomBytes(32).toString('base64') })).toMatch(/^ROLEBOOK_MASTER_KEY is the wrong key .* Set ROLEBOOK_MASTER_KEY to key [\da-f]{16}/);
    await expectClean(data);
  });

  it('the file master.key is missing: no new one is made in its place', async () => {
    const data = folders.copyOf(template);
    const key = join(data, 'master.key');
    const text = readFileSync(key);
    rmSync(key);
    expect(await refusalOf(data)).toMatch(/^The master key .*master\.key is missing, .* Put it back from its backup, or set ROLEBOOK_MASTER_KEY/);
    expect(existsSync(key)).toBe(false);
    writeFileSync(key, text, { mode: 0o600 });
    await expectClean(data);
  });

  it('the file master.key holds something else: says to put it back, never to make another', async () => {
    const data = folders.copyOf(template);
    writeFileSync(join(data, 'master.key'), 'oops');
    const sentence = await refusalOf(data);
    expect(sentence).toMatch(/^The file .*master\.key holds no master key .* Put it back from its backup/);
    expect(sentence).not.toMatch(/make one/i);
  });

  it('the key store is missing beside a log: it is older than the log, and no secrets are made anew', async () => {
    const data = folders.copyOf(template);
    for (const file of keysIn(data)) rmSync(file);
    expect(await refusalOf(data)).toMatch(/^The key store is older than the event log: .* Restore the newest backup of the keys/);
    replace(keysIn(data), keysIn(template), data);
    await expectClean(data);
  });

  it('the key store is from an older backup than the log: says how many people have no key; with the newest it starts', async () => {
    const data = folders.copyOf(template);
    replace(keysIn(data), keysIn(before), data);
    expect(await refusalOf(data)).toMatch(/it has no key for 3 of the \d+ people and businesses/);
    replace(keysIn(data), keysIn(template), data);
    await expectClean(data);
  });

  it('where those keys are lost for good, erasing these people lets it start', async () => {
    const data = folders.copyOf(template);
    replace(keysIn(data), keysIn(before), data);
    const foundation = await openFoundation(readConfig({ ROLEBOOK_DATA: data }), systemClock);
    const subjects = foundation.codec.sealedFor(await foundation.stores.events.readAll({ after: 0, limit: 10_000 }));
    const found = await foundation.stores.keys.getMany(subjects);
    for (const subject of subjects) if (!found.has(subject)) await foundation.subjectKeys.destroy(subject, new Date().toISOString());
    await foundation.stores.close();
    await expect(refusalOf(data)).rejects.toThrow('it started all the same');
  });
});

describe('a start on stores that do not belong together is refused, and says what to restore', () => {
  it('the log is from an older backup than the read models: new events would pass them by', async () => {
    const data = folders.copyOf(template);
    replace(filesOf(data, 'events.db'), filesOf(before, 'events.db'), data);
    expect(await refusalOf(data)).toMatch(/^The event log ends at position \d+, but the read model [\w-]+ has seen position \d+: .* Restore the log/);
  });

  it('the log is gone and the rest is there', async () => {
    const data = folders.copyOf(template);
    for (const file of filesOf(data, 'events.db')) rmSync(file);
    expect(await refusalOf(data)).toMatch(/^The event log ends at position 0, but the read model/);
  });

  it('as it says, the read models removed: they are made anew from what is left of log and keys', async () => {
    const data = folders.copyOf(template);
    replace(filesOf(data, 'events.db'), filesOf(before, 'events.db'), data);
    for (const file of filesOf(data, 'read-models.')) rmSync(file);
    await expect(refusalOf(data)).rejects.toThrow('it started all the same');
  });
});

describe('a start on a damaged file is refused, names the file and says what to do', () => {
  it('keys.db, as the built service says it', async () => {
    const data = folders.copyOf(template);
    for (const file of keysIn(data)) writeFileSync(file, Buffer.alloc(20_000, 'no database'));
    expect(await ServiceProcess.refusal(data)).toMatch(/^The key store \S+keys\.db is damaged .* Restore keys\.db from its newest backup/);
  });

  it.each([
    ['operational.db', /^The operational state \S+operational\.db is damaged .* Restore it from a backup/],
    ['read-models.user-directory-1.db', /^The read model \S+user-directory-1\.db is damaged .* Remove it .* made anew from the log/],
    ['events.db', /^The event log \S+events\.db is damaged .* Restore it from a backup/],
  ])('%s', async (name, sentence) => {
    const data = folders.copyOf(template);
    writeFileSync(join(data, name), Buffer.alloc(20_000, 'no database'));
    expect(await refusalOf(data)).toMatch(sentence);
  });

  it('a read model removed as it says is made anew, and the rest stays', async () => {
    const data = folders.copyOf(template);
    for (const file of filesOf(data, 'read-models.user-directory-1')) rmSync(file);
    const service = await ServiceProcess.start(data);
    expect(await service.stop()).toBe(0);
    await expectClean(data);
  });
});

describe('a start on a data folder that is no folder', () => {
  it('is refused and says so', async () => {
    const file = folders.fresh();
    appendFileSync(file, 'a file');
    expect(await refusalOf(file)).toMatch(/^The data folder \S+ cannot be used \(EEXIST\)\. Make it a folder that this process may write to/);
  });
});

describeWithSmallDisks('a read-only file system', () => {
  let disks: SmallDisks;
  beforeAll(async () => {
    disks = await SmallDisks.make({ '.': 16, avatars: 1, outbox: 1 });
    cpSync(template, join(disks.outside, 'data'), { recursive: true });
    mkdirSync(join(disks.outside, 'empty'));
    disks.remount('.', 'ro');
  });
  afterAll(() => disks.dispose());

  it.each(['data', 'empty'])('under the data folder (%s) at the start: refused, and the sentence says what to do', async (folder) => {
    expect(await ServiceProcess.refusal(join(disks.inside, folder), { through: disks.through }))
      .toMatch(/^The data folder \/mnt\/\w+ cannot be used \(EROFS\)\. Make it a folder that this process may write to, on a disk that is not mounted read-only/);
  });
});
