import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AvatarPlace, AvatarStoreUnavailable, checkPlace, type SealedAvatars } from '../port';

/**
 * Sealed pictures as files: `<folder>/<business>/<last two digits of the user>/<user>.<version>`, at most 256 folders a business
 * (the first digits of a UUIDv7 are the time, and alike for everybody). A file is there whole or not at all.
 */
export class AvatarFiles implements SealedAvatars {
  /** @param folder made where missing, for its owner alone */
  constructor(private readonly folder: string) {}

  async put(at: AvatarPlace, sealed: Uint8Array): Promise<void> {
    checkPlace(at);
    const shelf = this.shelf(at);
    const draft = join(shelf, `.${randomBytes(8).toString('hex')}.draft`);
    await available('written', async () => {
      await mkdir(shelf, { recursive: true, mode: 0o700 });
      try {
        const file = await open(draft, 'wx', 0o600);
        try {
          await file.writeFile(sealed);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(draft, join(shelf, name(at)));
        await syncFolder(shelf);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    });
  }

  async get(at: AvatarPlace): Promise<Buffer | null> {
    checkPlace(at);
    return available('read', () => readFile(join(this.shelf(at), name(at))).catch(absent));
  }

  async delete(at: AvatarPlace): Promise<void> {
    checkPlace(at);
    await available('removed', () => rm(join(this.shelf(at), name(at)), { force: true }));
  }

  async deleteAll(of: Pick<AvatarPlace, 'businessId' | 'userId'>): Promise<void> {
    checkPlace(of);
    const shelf = this.shelf(of);
    await available('removed', async () => {
      const names = (await readdir(shelf).catch(absent)) ?? [];
      await Promise.all(names.filter((found) => found.startsWith(`${of.userId}.`)).map((found) => rm(join(shelf, found), { force: true })));
    });
  }

  private shelf({ businessId, userId }: Pick<AvatarPlace, 'businessId' | 'userId'>): string {
    return join(this.folder, businessId, userId.slice(-2));
  }
}

const name = ({ userId, version }: AvatarPlace): string => `${userId}.${version}`;

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

async function available<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AvatarStoreUnavailable(`pictures cannot be ${what}: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`, 5, { cause });
  }
}

/** Makes the new name survive a power cut, where the platform can (Windows cannot open folders). */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
