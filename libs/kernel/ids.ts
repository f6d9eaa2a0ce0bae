const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a string is a UUID in its canonical lower-case form (RFC 9562, section 4). */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/**
 * A UUIDv7 (RFC 9562, section 5.7): 48 bits of time, then 74 bits of the given randomness.
 * @param epochMilliseconds time since the Unix epoch
 * @param random at least 10 bytes
 */
export function uuidv7(epochMilliseconds: number, random: Uint8Array): string {
  const time = Math.floor(epochMilliseconds).toString(16).padStart(12, '0');
  const version = (0x7000 | ((byte(random, 0) << 8 | byte(random, 1)) & 0x0fff)).toString(16);
  const variant = (0x8000 | ((byte(random, 2) << 8 | byte(random, 3)) & 0x3fff)).toString(16);
  let tail = '';
  for (let i = 4; i < 10; i++) tail += byte(random, i).toString(16).padStart(2, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${tail}`;
}

function byte(bytes: Uint8Array, index: number): number {
  const value = bytes[index];
  if (value === undefined) throw new RangeError('a UUIDv7 needs 10 random bytes');
  return value;
}
