import { Binary, type Collection, type Db } from 'mongodb';
import { type AvatarPlace, AvatarStoreUnavailable, checkPlace, type SealedAvatars } from '../port';

interface StoredAvatar {
  /** `<business>/<user>/<version>`: the key alone serves every question, so there is no other index. */
  readonly _id: string;
  readonly sealed: Binary;
}

/** Sealed pictures in the collection `avatars`, for installations of several nodes. Written to a majority before it counts. */
export class MongoAvatars implements SealedAvatars {
  private readonly avatars: Collection<StoredAvatar>;

  /** @param db its client belongs to the caller, who closes it */
  constructor(db: Db) {
    this.avatars = db.collection<StoredAvatar>('avatars', { writeConcern: { w: 'majority' } });
  }

  async put(at: AvatarPlace, sealed: Uint8Array): Promise<void> {
    checkPlace(at);
    await available(() => this.avatars.updateOne({ _id: id(at) }, { $set: { sealed: new Binary(sealed) } }, { upsert: true }));
  }

  async get(at: AvatarPlace): Promise<Buffer | null> {
    checkPlace(at);
    const found = await available(() => this.avatars.findOne({ _id: id(at) }));
    return found === null ? null : Buffer.from(found.sealed.value());
  }

  async delete(at: AvatarPlace): Promise<void> {
    checkPlace(at);
    await available(() => this.avatars.deleteOne({ _id: id(at) }));
  }

  async deleteAll(of: Pick<AvatarPlace, 'businessId' | 'userId'>): Promise<void> {
    checkPlace(of);
    const all = `${of.businessId}/${of.userId}`;
    // '0' is the character after '/'.
    await available(() => this.avatars.deleteMany({ _id: { $gt: `${all}/`, $lt: `${all}0` } }));
  }
}

const id = ({ businessId, userId, version }: AvatarPlace): string => `${businessId}/${userId}/${version}`;

async function available<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AvatarStoreUnavailable('the store of pictures does not answer', 2, { cause });
  }
}
