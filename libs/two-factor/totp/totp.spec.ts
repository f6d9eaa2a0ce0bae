import * as fc from 'fast-check';
import { generateSync } from 'otplib';
import { newTotpSecret, otpauthUri, qrCodeSvg, stepOfCode } from './totp';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
function base32(text: string): string {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
const seed = (length: number) => '1234567890'.repeat(7).slice(0, length);

/** RFC 6238, appendix B: seconds since the epoch, then the codes of SHA-1, SHA-256 and SHA-512. */
const VECTORS: readonly [number, string, string, string][] = [
  [59, '94287082', '46119246', '90693936'], [1111111109, '07081804', '68084774', '25091201'], [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'], [2000000000, '69279037', '90698825', '38618901'], [20000000000, '65353130', '77737706', '47863826'],
];

describe('the vectors of RFC 6238', () => {
  it.each(VECTORS)('at second %d', (second, sha1, sha256, sha512) => {
    const made = (['sha1', 'sha256', 'sha512'] as const).map((algorithm, n) =>
      generateSync({ secret: base32(seed([20, 32, 64][n]!)), algorithm, digits: 8, period: 30, epoch: second }));
    expect(made).toEqual([sha1, sha256, sha512]);
    // Six digits are the last six of eight: both are the same number, modulo a power of ten (RFC 4226, section 5.3).
    expect(stepOfCode(base32(seed(20)), sha1.slice(2), second * 1000)).toBe(Math.floor(second / 30));
  });
});

describe('a code', () => {
  const secret = base32(seed(20));
  const codeAt = (milliseconds: number) => generateSync({ secret, epoch: Math.floor(milliseconds / 1000) });
  const NOW = Date.UTC(2026, 10, 24, 10, 0, 15);
  const STEP = Math.floor(NOW / 30_000);

  it.each([[-2, null], [-1, STEP - 1], [0, STEP], [1, STEP + 1], [2, null]])('of the step %d steps away is of step %s', (away, step) => {
    expect(stepOfCode(secret, codeAt(NOW + away * 30_000), NOW)).toBe(step);
  });

  it('holds to the millisecond: one step either side, and no more', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 4_000_000_000 }), fc.integer({ min: -100_000, max: 100_000 }), (second, off) => {
      const at = second * 1000;
      const [mine, theirs] = [Math.floor(at / 30_000), Math.floor((at + off) / 30_000)];
      fc.pre(at + off >= 0 && new Set([mine - 1, mine, mine + 1].map((step) => (step < 0 ? '' : codeAt(step * 30_000)))).size === 3);
      const near = Math.abs(mine - theirs) <= 1;
      fc.pre(near || ![mine - 1, mine, mine + 1].some((step) => step >= 0 && codeAt(step * 30_000) === codeAt(at + off)));
      expect(stepOfCode(secret, codeAt(at + off), at)).toBe(near ? theirs : null);
    }));
  });

  it('may be typed with blanks', () => {
    const code = codeAt(NOW);
    expect(stepOfCode(secret, ` ${code.slice(0, 3)} ${code.slice(3)}\n`, NOW)).toBe(STEP);
  });

  it.each(['', '12345', '1234567', 'abcdef', '-12345', '１２３４５６', '1e5', '123.45', ' '.repeat(1_000)])('that is none is wrong: %j', (text) => {
    expect(stepOfCode(secret, text, NOW)).toBeNull();
  });

  it('of another secret is wrong', () => {
    const other = newTotpSecret();
    const near = [-1, 0, 1].map((away) => generateSync({ secret: other, epoch: Math.floor(NOW / 1000) + away * 30 }));
    expect(near.includes(codeAt(NOW)) ? null : stepOfCode(other, codeAt(NOW), NOW)).toBeNull();
  });
});

describe('a secret', () => {
  it('has 160 bits in base32, and is another one each time', () => {
    const secrets = Array.from({ length: 100 }, newTotpSecret);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(new Set(secrets).size).toBe(100);
  });

  it('goes into an URI that authenticator apps read, whatever the names hold', () => {
    const uri = new URL(otpauthUri('JBSWY3DPEHPK3PXP', 'Siam & Söhne: Rentals/ระบบ?#', 'a+b@example.com'));
    expect({ protocol: uri.protocol, host: uri.host, path: decodeURIComponent(uri.pathname), parameters: Object.fromEntries(uri.searchParams) }).toEqual({
      protocol: 'otpauth:', host: 'totp', path: '/Siam & Söhne Rentals/ระบบ?#:a+b@example.com', parameters: { secret: 'JBSWY3DPEHPK3PXP', issuer: 'Siam & Söhne Rentals/ระบบ?#' },
    });
  });

  it('is drawn as an SVG that holds no script and fetches nothing', async () => {
    const svg = await qrCodeSvg(otpauthUri('JBSWY3DPEHPK3PXP', '<script>alert(1)</script>', 'x"onload="@example.com'));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*>(<path [^>]*\/>)+<\/svg>\s*$/);
    expect(svg).not.toMatch(/script|onload|href|url\(/i);
  });
});
