import { createHash, createPublicKey, verify } from 'node:crypto';
import * as fc from 'fast-check';
import { createCheckpointSigner, verifyCheckpointSignature } from './checkpoint-signer';
import { createMemoryKeyStore } from './in-memory/key-store';
import { createMasterKey } from './master-key';

const masterKey = createMasterKey(new Uint8Array(32).fill(7));

describe('the checkpoint signer', () => {
  const store = createMemoryKeyStore();
  const open = () => createCheckpointSigner({ store, masterKey });

  it('has one key for ever, named by its hash', async () => {
    const [first, second] = [await open(), await open()];
    expect(second.publicKeyPem).toBe(first.publicKeyPem);
    expect(first.keyId).toBe(createHash('sha256').update(Buffer.from(first.publicKeyRaw, 'base64')).digest('hex').slice(0, 16));
    expect(first.publicKeyPem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  });

  it('signs what anybody verifies with the public key, in either form', async () => {
    const signer = await open();
    fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (bytes, others) => {
      const signature = signer.sign(bytes);
      expect(signature).toHaveLength(64);
      expect(verify(null, bytes, createPublicKey(signer.publicKeyPem), signature)).toBe(true);
      expect(verifyCheckpointSignature(signer.publicKeyPem, bytes, signature)).toBe(true);
      expect(verifyCheckpointSignature(`${signer.publicKeyRaw}\n`, bytes, signature)).toBe(true);
      expect(verifyCheckpointSignature(signer.publicKeyRaw, others, signature)).toBe(Buffer.compare(bytes, others) === 0);
    }), { numRuns: 50 });
  });

  it('verifies no changed or shortened signature, and none of another key', async () => {
    const signer = await open();
    const bytes = Buffer.from('checkpoint');
    const signature = signer.sign(bytes);
    fc.assert(fc.property(fc.nat(63), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      expect(verifyCheckpointSignature(signer.publicKeyPem, bytes, signature.map((byte, i) => (i === at ? byte ^ flip : byte)))).toBe(false);
    }));
    expect(verifyCheckpointSignature(signer.publicKeyPem, bytes, signature.subarray(0, 63))).toBe(false);
    const other = await createCheckpointSigner({ store: createMemoryKeyStore(), masterKey });
    expect(verifyCheckpointSignature(other.publicKeyPem, bytes, signature)).toBe(false);
  });

  it.each(['', 'AAAA', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'x'.repeat(500)])('refuses %j as a key', (text) => {
    expect(() => verifyCheckpointSignature(text, Buffer.from('x'), new Uint8Array(64))).toThrow(/no Ed25519 public key/);
  });
});
