export type PictureType = 'png' | 'jpeg' | 'webp';

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];
const RIFF = [0x52, 0x49, 0x46, 0x46];
const WEBP = [0x57, 0x45, 0x42, 0x50];

/**
 * What a file is by its first bytes (WHATWG MIME Sniffing, section 6.1): everything this house reads, and nothing else.
 * @returns `null` for any other
 */
export function sniff(bytes: Uint8Array): PictureType | null {
  const has = (signature: readonly number[], offset = 0) => signature.every((byte, i) => bytes[offset + i] === byte);
  if (has(PNG)) return 'png';
  if (has(JPEG)) return 'jpeg';
  return has(RIFF) && has(WEBP, 8) ? 'webp' : null;
}
