import type { SubjectKeys } from '@rolebook/crypto';
import { type AvatarPlace, type AvatarStore, checkPlace, type SealedAvatars } from './port';

/** Seals pictures with their person's key on the way in and opens them on the way out, whatever keeps them. */
export class SealingAvatarStore implements AvatarStore {
  constructor(private readonly sealed: SealedAvatars, private readonly keys: SubjectKeys) {}

  async put(businessId: string, userId: string, version: string, bytes: Uint8Array): Promise<void> {
    const place = { businessId, userId, version };
    checkPlace(place);
    await this.keys.ensure([userId]);
    const sealed = this.keys.seal(userId, context(place), Buffer.from(bytes).toString('base64'));
    await this.sealed.put(place, Buffer.from(sealed, 'base64url'));
  }

  async get(businessId: string, userId: string, version: string): Promise<Buffer | null> {
    const place = { businessId, userId, version };
    checkPlace(place);
    const sealed = await this.sealed.get(place);
    if (sealed === null) return null;
    await this.keys.load([userId]);
    const opened = this.keys.open(userId, context(place), sealed.toString('base64url'));
    return opened === null ? null : Buffer.from(opened, 'base64');
  }

  async delete(businessId: string, userId: string, version: string): Promise<void> {
    checkPlace({ businessId, userId, version });
    await this.sealed.delete({ businessId, userId, version });
  }

  async deleteAll(businessId: string, userId: string): Promise<void> {
    checkPlace({ businessId, userId });
    await this.sealed.deleteAll({ businessId, userId });
  }
}

/** Bound into the seal: a picture moved to another person, business or version does not open. */
const context = ({ businessId, userId, version }: AvatarPlace): string => `avatar/${businessId}/${userId}/${version}`;
