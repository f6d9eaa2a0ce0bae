import { DomainError } from '@rolebook/kernel';
import sharp from 'sharp';
import { Gate } from './gate';
import { sniff } from './picture-type';

/** Edge of the stored picture, in pixels. */
export const AVATAR_SIZE = 256;
/** Most bytes that may be sent. */
export const AVATAR_MAX_BYTES = 5 * 1024 * 1024;
/** Most pixels that are decoded: twice a telephone's photograph, a tenth of what a bomb needs. */
const MAX_PIXELS = 50_000_000;
/** From here on a picture is decoded alone: an interlaced one takes seconds of a core and is held as a whole. */
const LARGE_PIXELS = 16_000_000;
const TIMEOUT_SECONDS = 10;

// Of the formats built into the library these three can be read; the others are out of reach even for a bug of ours.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadPngBuffer', 'VipsForeignLoadJpegBuffer', 'VipsForeignLoadWebpBuffer'] });
// One thread a picture, and no memory of pictures seen: what people upload must not crowd out what the api is for.
sharp.concurrency(1);
sharp.cache(false);

/** Two of libuv's four threads at most; the others are for files and names. */
const gate = new Gate(2, 32);

/**
 * Makes the picture that is stored of what was sent: upright, cropped to its middle, 256 x 256, WebP, without metadata.
 * Of an animation the first frame. Every byte that comes out was written here; nothing that was sent is kept.
 * @param declaredType the `Content-Type` header; must agree with the contents
 * @throws {DomainError} `payload-too-large` (more than 5 MiB or 50 million pixels), `unsupported-media-type` (no whole PNG, JPEG or WebP,
 *   or declared as something else), `unavailable` with `retryAfterSeconds` (too many at once)
 */
export async function processAvatar(bytes: Uint8Array, declaredType: string): Promise<Buffer> {
  if (bytes.length > AVATAR_MAX_BYTES) throw new DomainError('payload-too-large', 'A picture may have at most 5 MiB.');
  const type = sniff(bytes);
  if (type === null) throw new DomainError('unsupported-media-type', 'The picture must be PNG, JPEG or WebP.');
  if (declaredType.split(';', 1)[0]?.trim().toLowerCase() !== `image/${type}`) throw new DomainError('unsupported-media-type', 'The picture is not what its Content-Type says.');

  const { pixels } = await size(bytes);
  if (pixels > MAX_PIXELS) throw tooManyPixels();
  return gate.pass(pixels > LARGE_PIXELS ? 2 : 1, () => render(bytes));
}

const tooManyPixels = () => new DomainError('payload-too-large', 'A picture may have at most 50 million pixels.');
const unreadable = () => new DomainError('unsupported-media-type', 'The picture is damaged.');

/** Reads the header alone. */
async function size(bytes: Uint8Array): Promise<{ pixels: number }> {
  try {
    const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
    return { pixels: width * height };
  } catch {
    throw unreadable();
  }
}

async function render(bytes: Uint8Array): Promise<Buffer> {
  try {
    return await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true, pages: 1 })
      .timeout({ seconds: TIMEOUT_SECONDS })
      .autoOrient()
      .resize(AVATAR_SIZE, AVATAR_SIZE, { fit: 'cover', position: 'centre' })
      .toColourspace('srgb')
      .webp({ quality: 82 })
      .toBuffer();
  } catch (error) {
    throw error instanceof Error && /timeout/i.test(error.message) ? new DomainError('payload-too-large', 'The picture takes too long to read.') : unreadable();
  }
}
