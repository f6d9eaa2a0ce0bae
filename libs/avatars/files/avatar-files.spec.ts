import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AvatarStoreUnavailable } from '../port';
import { sealedAvatarsContract } from '../sealed-avatars.contract';
import { AvatarFiles } from './index';

const place = { businessId: '0190a1b2-0000-7000-8000-00000000000b', userId: '0190a1b2-0000-7000-8000-0000000000a1', version: 'v1' };
const fresh = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'avatars-'));
  return { folder, store: new AvatarFiles(join(folder, 'avatars')), stop: () => rm(folder, { recursive: true, force: true }) };
};

sealedAvatarsContract('a folder', fresh);

describe('a folder of pictures', () => {
  let under: Awaited<ReturnType<typeof fresh>>;
  beforeEach(async () => { under = await fresh(); });
  afterEach(() => under.stop());
  const files = async () => (await readdir(under.folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

  it('has one file a picture, for its owner only', async () => {
    await under.store.put(place, Buffer.from('x'));
    const path = join(under.folder, 'avatars', place.businessId, 'a1', `${place.userId}.v1`);

    expect(await files()).toEqual([path]);
    expect([(await stat(path)).mode & 0o777, (await stat(join(under.folder, 'avatars'))).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('passes over what a crash left behind', async () => {
    await under.store.put(place, Buffer.from('x'));
    await writeFile(join(under.folder, 'avatars', place.businessId, 'a1', '.0123.draft'), 'half');
    await under.store.deleteAll(place);

    expect(await under.store.get(place)).toBeNull();
  });

  it('is unavailable where it cannot be read or written, and leaves no drafts', async () => {
    await mkdir(join(under.folder, 'avatars', place.businessId, 'a1', `${place.userId}.v1`), { recursive: true });
    await expect(under.store.put(place, Buffer.from('x'))).rejects.toThrow(AvatarStoreUnavailable);
    await expect(under.store.get(place)).rejects.toThrow(AvatarStoreUnavailable);

    expect(await files()).toEqual([]);
  });
});
