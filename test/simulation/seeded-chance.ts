import type { Random } from './random';

/** Required, not imported: what others see of the module is this very object. */
const crypto = require('node:crypto') as { randomUUID: () => string; randomBytes: (size: number) => Buffer }; // eslint-disable-line @typescript-eslint/no-require-imports -- an import cannot be changed

/** Puts chance from a seed in the place of the system's, so that a run comes out the same again. @returns what puts that back */
export function takeOverChance(random: Random): () => void {
  const real = { randomUUID: crypto.randomUUID, randomBytes: crypto.randomBytes };
  const randomUUID = () => {
    const bytes = random.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  Object.assign(crypto, { randomUUID, randomBytes: (size: number) => random.bytes(size) });
  return () => { Object.assign(crypto, real); };
}
