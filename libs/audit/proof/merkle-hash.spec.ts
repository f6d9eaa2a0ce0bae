import { createHash } from 'node:crypto';
import { EMPTY_ROOT, leafHash, nodeHash, sameHash } from './merkle-hash';

const sha256 = (...parts: readonly Uint8Array[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();

describe('hashes of a Merkle tree (RFC 9162, section 2.1.1)', () => {
  it('tell leaves from nodes by their first byte', () => {
    const [left, right] = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))];
    expect(left).toEqual(sha256(Buffer.of(0), Buffer.from('a')));
    expect(nodeHash(left, right)).toEqual(sha256(Buffer.of(1), left, right));
    expect(EMPTY_ROOT).toEqual(sha256());
  });

  it('are the same where every byte is, and the length', () => {
    expect(sameHash(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    for (const other of [Uint8Array.of(1, 3), Uint8Array.of(3, 2), Uint8Array.of(1), Uint8Array.of(1, 2, 3), new Uint8Array(0)]) expect(sameHash(Uint8Array.of(1, 2), other)).toBe(false);
  });
});
