import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { DomainError } from '@rolebook/kernel';
import sharp from 'sharp';
import { AVATAR_MAX_BYTES, processAvatar } from './index';

const RED = { r: 220, g: 20, b: 20 };
const BLUE = { r: 20, g: 20, b: 220 };
const canvas = (width: number, height: number, background = RED) => sharp({ create: { width, height, channels: 3, background } });
/** Red on the left, blue on the right. */
const halves = async (width = 400, height = 200) =>
  canvas(width, height).composite([{ input: await canvas(width / 2, height, BLUE).png().toBuffer(), left: width / 2, top: 0 }]);
const noise = () => sharp({ create: { width: 300, height: 300, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 40 } } });

const refusal = async (bytes: Uint8Array, type: string): Promise<string> => {
  try {
    await processAvatar(bytes, type);
    return 'taken';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};
/** `red`, `blue` or what it is, at a point of the picture. */
const colourAt = async (picture: Buffer, x: number, y: number): Promise<string> => {
  const [r = 0, g = 0, b = 0] = await sharp(picture).extract({ left: x, top: y, width: 1, height: 1 }).removeAlpha().raw().toBuffer();
  if (r > 180 && b < 80) return 'red';
  return b > 180 && r < 80 ? 'blue' : `${r},${g},${b}`;
};
/** A PNG that claims other measures than it has, with the checksum made good. */
const claiming = (png: Buffer, width: number, height: number): Buffer => {
  const bomb = Buffer.from(png);
  bomb.writeUInt32BE(width, 16);
  bomb.writeUInt32BE(height, 20);
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
  return bomb;
};

describe('a picture that is sent', () => {
  it.each([['png', 'image/png'], ['jpeg', 'image/jpeg'], ['webp', 'image/webp'], ['png', 'IMAGE/PNG; x=y']] as const)('may be %s, sent as %s', async (format, type) => {
    const picture = await processAvatar(await (await halves()).toFormat(format).toBuffer(), type);
    const { format: is, width, height, pages } = await sharp(picture).metadata();

    expect({ is, width, height, pages }).toEqual({ is: 'webp', width: 256, height: 256, pages: undefined });
  });

  it.each([['wide', 1200, 200], ['narrow', 200, 1200], ['tiny', 2, 2], ['a line', 4000, 2]])('is cropped to its middle: %s', async (_shape, width, height) => {
    const picture = await processAvatar(await (await halves(width, height)).png().toBuffer(), 'image/png');

    expect([await colourAt(picture, 20, 128), await colourAt(picture, 235, 128)]).toEqual(['red', 'blue']);
  });

  it('is turned the way its camera was held', async () => {
    const sideways = await (await halves()).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const picture = await processAvatar(sideways, 'image/jpeg');

    expect([await colourAt(picture, 128, 20), await colourAt(picture, 128, 235)]).toEqual(['red', 'blue']);
  });

  it.each(['jpeg', 'png', 'webp'] as const)('loses all it says about where and by whom it was taken (%s)', async (format) => {
    const telling = await (await halves()).withExif({ IFD0: { Copyright: 'secret-owner', Artist: 'secret-artist' }, IFD3: { GPSLatitude: '13/1 45/1 0/1' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">secret-xmp</x:xmpmeta>').withIccProfile('p3').toFormat(format).toBuffer();
    const picture = await processAvatar(telling, `image/${format}`);
    const { exif, icc, xmp, iptc, comments } = await sharp(picture).metadata();

    expect(telling.includes('secret-owner')).toBe(true);
    expect({ exif, icc, xmp, iptc, comments }).toEqual({});
    expect(picture.includes('secret')).toBe(false);
  });

  it('loses what hides behind its end', async () => {
    const stuffed = Buffer.concat([await canvas(10, 10).png().toBuffer(), Buffer.from('<script>alert(1)</script>')]);

    expect((await processAvatar(stuffed, 'image/png')).includes('script')).toBe(false);
  });

  it('stands still: of an animation the first frame', async () => {
    const frames = await Promise.all([RED, BLUE].map((colour) => canvas(50, 50, colour).png().toBuffer()));
    const animation = await sharp(frames, { join: { animated: true } }).webp({ loop: 0, delay: [100, 100] }).toBuffer();
    const picture = await processAvatar(animation, 'image/webp');

    expect((await sharp(animation).metadata()).pages).toBe(2);
    expect([(await sharp(picture).metadata()).pages, await colourAt(picture, 128, 128)]).toEqual([undefined, 'red']);
  });

  it.each([
    ['CMYK', 'jpeg', () => canvas(40, 40).toColourspace('cmyk').jpeg().toBuffer()],
    ['progressive', 'jpeg', () => canvas(40, 40).jpeg({ progressive: true }).toBuffer()],
    ['16 bit', 'png', () => canvas(40, 40).toColourspace('rgb16').png().toBuffer()],
    ['interlaced', 'png', () => canvas(40, 40).png({ progressive: true }).toBuffer()],
    ['of a palette', 'png', () => canvas(40, 40).png({ palette: true }).toBuffer()],
    ['lossless', 'webp', () => canvas(40, 40).webp({ lossless: true }).toBuffer()],
  ])('keeps its colours when %s %s', async (_kind, format, make) => {
    expect(await colourAt(await processAvatar(await make(), `image/${format}`), 128, 128)).toBe('red');
  });

  it('keeps what is transparent transparent', async () => {
    const clear = await sharp({ create: { width: 20, height: 20, channels: 4, background: { ...RED, alpha: 0 } } }).png().toBuffer();

    expect((await sharp(await processAvatar(clear, 'image/png')).stats()).channels.at(3)?.max).toBe(0);
  });
});

describe('a picture that is refused', () => {
  const other = {
    'GIF': () => canvas(10, 10).gif().toBuffer(),
    'TIFF': () => canvas(10, 10).tiff().toBuffer(),
    'AVIF': () => canvas(10, 10).avif({ effort: 0 }).toBuffer(),
    'SVG': async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script/></svg>'),
    'BMP': async () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)]),
    'PDF': async () => Buffer.from('%PDF-1.7\n'),
    'HTML': async () => Buffer.from('<!doctype html><img src=x>'),
    'a sound in the box of WebP': async () => Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt '),
    'nothing': async () => Buffer.alloc(0),
    'the beginning of a signature': async () => Buffer.from([0x89, 0x50]),
    'a signature alone': async () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    'SVG behind the signature of PNG': async () => Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')]),
    'SVG behind the signature of JPEG': async () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')]),
  } satisfies Record<string, () => Promise<Buffer>>;

  it.each(Object.entries(other))('is %s, whatever it is sent as', async (_what, make) => {
    const bytes = await make();

    expect(await Promise.all(['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/svg+xml'].map((type) => refusal(bytes, type))))
      .toEqual(Array.from({ length: 5 }, () => 'unsupported-media-type'));
  });

  it.each([['image/jpeg'], ['image/webp'], ['image/svg+xml'], ['application/octet-stream'], ['image/*'], ['text/html'], ['']])('is a PNG sent as %p', async (type) => {
    expect(await refusal(await canvas(10, 10).png().toBuffer(), type)).toBe('unsupported-media-type');
  });

  it('is more than 5 MiB', async () => {
    const jpeg = await canvas(10, 10).jpeg().toBuffer();
    const padded = (length: number) => Buffer.concat([jpeg, Buffer.alloc(length - jpeg.length)]);

    expect([await refusal(padded(AVATAR_MAX_BYTES), 'image/jpeg'), await refusal(padded(AVATAR_MAX_BYTES + 1), 'image/jpeg')]).toEqual(['taken', 'payload-too-large']);
  });

  it.each([[50_000, 1_001], [30_000, 30_000], [900_000, 900_000]])('is a bomb: a few bytes that claim %i x %i pixels', async (width, height) => {
    expect(await refusal(claiming(await canvas(10, 10).png().toBuffer(), width, height), 'image/png')).toBe('payload-too-large');
  });

  it('claims more than the format can hold', async () => {
    expect(await refusal(claiming(await canvas(10, 10).png().toBuffer(), 2 ** 32 - 1, 2), 'image/png')).toBe('unsupported-media-type');
  });

  it.each(['jpeg', 'png', 'webp'] as const)('is cut short (%s)', async (format) => {
    const whole = await noise().toFormat(format).toBuffer();

    expect(await Promise.all([0.1, 0.5, 0.9].map((part) => refusal(whole.subarray(0, whole.length * part), `image/${format}`))))
      .toEqual(['unsupported-media-type', 'unsupported-media-type', 'unsupported-media-type']);
  });

  it.each(['jpeg', 'png', 'webp'] as const)('is damaged, or comes out as a picture: nothing else happens (%s)', async (format) => {
    const whole = await canvas(64, 64).toFormat(format).toBuffer();
    const hits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
    await fc.assert(fc.asyncProperty(hits, async (changes) => {
      const damaged = Buffer.from(whole);
      for (const [at, value] of changes) damaged[at] = value;
      expect(['taken', 'unsupported-media-type', 'payload-too-large']).toContain(await refusal(damaged, `image/${format}`));
    }), { numRuns: 40 });
  });
});

describe('many pictures at once', () => {
  it('all come through, each its own', async () => {
    const red = await canvas(100, 100, RED).png().toBuffer();
    const blue = await canvas(100, 100, BLUE).png().toBuffer();
    const pictures = await Promise.all(Array.from({ length: 20 }, (_, i) => processAvatar(i % 2 ? blue : red, 'image/png')));

    expect(await Promise.all(pictures.map((picture) => colourAt(picture, 128, 128)))).toEqual(pictures.map((_, i) => (i % 2 ? 'blue' : 'red')));
  });
});
