import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { AvatarStoreUnavailable } from '../port';
import { sealedAvatarsContract } from '../sealed-avatars.contract';
import { MongoAvatars } from './index';

const url = process.env.MONGODB_URL;

if (url) {
  sealedAvatarsContract('MongoDB', async () => {
    const client = await MongoClient.connect(url);
    const db = client.db(`rolebook-spec-${randomBytes(6).toString('hex')}`);
    return {
      store: new MongoAvatars(db),
      async stop() {
        await db.dropDatabase();
        await client.close();
      },
    };
  });
} else {
  describe.skip('MongoDB as a store of sealed pictures (not run: MONGODB_URL is not set)', () => {
    it('passes the contract', () => undefined);
  });
}

describe('pictures in a MongoDB that does not answer', () => {
  it('are unavailable', async () => {
    const client = new MongoClient('mongodb://127.0.0.1:9', { serverSelectionTimeoutMS: 50 });
    const place = { businessId: '0190a1b2-0000-7000-8000-00000000000b', userId: '0190a1b2-0000-7000-8000-0000000000a1', version: 'v1' };

    await expect(new MongoAvatars(client.db('nowhere')).get(place)).rejects.toThrow(AvatarStoreUnavailable);
    await client.close();
  });
});
