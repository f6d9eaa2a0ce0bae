import * as fc from 'fast-check';
import { createMemoryKeyStore } from './in-memory/key-store';
import { openInstallationSecrets, type InstallationSecrets } from './installation-secrets';
import { createMasterKey, MasterKeyError } from './master-key';
import { Xaes256Gcm } from './xaes';

const masterKey = createMasterKey(new Uint8Array(32).fill(7));
const text = fc.string({ unit: 'binary', maxLength: 200 });

describe('the secrets of an installation', () => {
  const store = createMemoryKeyStore();
  let secrets: InstallationSecrets;
  beforeAll(async () => { secrets = await openInstallationSecrets({ store, masterKey }); });

  it('are the same at every start, and others in another installation', async () => {
    const again = await openInstallationSecrets({ store, masterKey });
    const elsewhere = await openInstallationSecrets({ store: createMemoryKeyStore(), masterKey });
    expect(again.mac('p', 'x')).toBe(secrets.mac('p', 'x'));
    expect(again.openText('p', secrets.sealText('p', 'hidden'))).toBe('hidden');
    expect(elsewhere.mac('p', 'x')).not.toBe(secrets.mac('p', 'x'));
    await expect(openInstallationSecrets({ store, masterKey: createMasterKey(new Uint8Array(32).fill(8)) })).rejects.toThrow(MasterKeyError);
  });

  it('are one secret where two processes start at once', async () => {
    const fresh = createMemoryKeyStore();
    const [a, b] = await Promise.all([openInstallationSecrets({ store: fresh, masterKey }), openInstallationSecrets({ store: fresh, masterKey })]);
    expect(a.mac('p', 'x')).toBe(b.mac('p', 'x'));
  });

  it('hide an address from the log, differently in each business', () => {
    const hash = secrets.emailHash('b1', 'anong@example.com');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(secrets.emailHash('b1', 'anong@example.com')).toBe(hash);
    expect(secrets.emailHash('b2', 'anong@example.com')).not.toBe(hash);
    expect(secrets.emailHash('b1a', 'nong@example.com')).not.toBe(secrets.emailHash('b1', 'anong@example.com'));
  });

  it('verify exactly what they signed: same purpose, same parts, cut the same', () => {
    const parts = fc.array(text, { maxLength: 4 });
    fc.assert(fc.property(parts, parts, (signed, asked) => {
      const mac = secrets.mac('p', ...signed);
      expect(mac).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(secrets.verifyMac('p', mac, ...signed)).toBe(true);
      expect(secrets.verifyMac('q', mac, ...signed)).toBe(false);
      expect(secrets.verifyMac('p', mac, ...asked)).toBe(JSON.stringify(asked) === JSON.stringify(signed));
    }));
    expect(secrets.verifyMac('p', secrets.mac('p', 'ab', 'c'), 'a', 'bc')).toBe(false);
    expect(secrets.verifyMac('p', secrets.mac('p', 'a'), 'a', '')).toBe(false);
  });

  it('take any garbage for a mac or a sealed text', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.string({ minLength: 43, maxLength: 43 }), fc.anything() as fc.Arbitrary<string>), (garbage) => {
      expect(secrets.verifyMac('p', garbage, 'x')).toBe(false);
      expect(secrets.openText('p', garbage)).toBeNull();
    }));
  });

  it('open what they sealed, for the same purpose and context alone', () => {
    fc.assert(fc.property(text, text, text, (plain, context, other) => {
      const sealed = secrets.sealText('p', plain, context);
      expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(secrets.openText('p', sealed, context)).toBe(plain);
      expect(secrets.openText('q', sealed, context)).toBeNull();
      if (other !== context) expect(secrets.openText('p', sealed, other)).toBeNull();
    }));
  });

  it('notice any change of a sealed text', () => {
    const sealed = secrets.sealText('p', 'cursor');
    fc.assert(fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'ABCDxyz0189-_=. '), (place, character) => {
      const changed = sealed.slice(0, place) + character + sealed.slice(place + 1);
      expect(secrets.openText('p', changed)).toBe(changed === sealed ? 'cursor' : null);
    }));
    expect(secrets.openText('p', sealed.slice(0, -1))).toBeNull();
    expect(secrets.openText('p', `${sealed}A`)).toBeNull();
  });
});

describe('XAES-256-GCM', () => {
  const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX');

  it.each([
    { key: 0x01, additionalData: '', ciphertext: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271' },
    { key: 0x03, additionalData: 'c2sp.org/XAES-256-GCM', ciphertext: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d' },
  ])('gives the published vector of key $key', ({ key, additionalData, ciphertext }) => {
    const sealed = new Xaes256Gcm(Buffer.alloc(32, key)).seal(Buffer.from(additionalData), 'XAES-256-GCM', nonce);
    expect(sealed.subarray(24).toString('hex')).toBe(ciphertext);
    expect(new Xaes256Gcm(Buffer.alloc(32, key)).open(Buffer.from(additionalData), sealed)).toBe('XAES-256-GCM');
  });
});
