import { basename, dirname, relative, sep } from 'node:path';
import type { SealedAvatars } from '@rolebook/avatars';
import { filesUnder } from './backup';

/**
 * Copies sealed pictures, byte for byte.
 * @param folder of the embedded store: `<business>/<digits>/<user>.<version>`
 * @returns how many
 */
export async function copyPictures(folder: string, from: SealedAvatars, to: SealedAvatars): Promise<number> {
  let done = 0;
  for (const file of filesUnder(folder)) {
    const [businessId = ''] = relative(folder, dirname(file)).split(sep);
    const [userId = '', version = ''] = basename(file).split('.');
    const place = { businessId, userId, version };
    const sealed = await from.get(place);
    if (!sealed) continue; // removed meanwhile
    await to.put(place, sealed);
    done++;
  }
  return done;
}
