import { generateSecret, generateURI, verifySync } from 'otplib';
import { toString as qrCode } from 'qrcode';

/**
 * Time-based one-time passwords (RFC 6238) as every authenticator app knows them: SHA-1, 6 digits, steps of 30 seconds.
 * Apps ignore other algorithms and lengths in the otpauth URI, and HMAC-SHA-1 is sound as it is used here (RFC 6238, section 1.2).
 */
const STEP_SECONDS = 30;
/** RFC 4226, section 4, R6 recommends 160 bits. */
const SECRET_BYTES = 20;
const CODE = /^\d{6}$/;

/** A fresh secret from the system's generator: 160 bits in base32 (RFC 4648, section 6), 32 characters. */
export function newTotpSecret(): string {
  return generateSecret({ length: SECRET_BYTES });
}

/**
 * The time step (whole 30 seconds since the epoch) whose code this is: that of `at`, or one either side for clocks that are off (RFC 6238, section 5.2).
 * Whether the step was used before is for the caller to know. Takes any text; blanks in it do not count.
 * @param secret base32
 * @param at milliseconds since the epoch
 * @returns `null` where the code is wrong
 */
export function stepOfCode(secret: string, code: string, at: number): number | null {
  const token = code.replaceAll(/\s/g, '');
  if (!CODE.test(token)) return null;
  const result = verifySync({ secret, token, epoch: Math.floor(at / 1000), epochTolerance: STEP_SECONDS, period: STEP_SECONDS, digits: 6, algorithm: 'sha1' });
  return result.valid && 'timeStep' in result ? result.timeStep : null;
}

/**
 * What an authenticator app reads: `otpauth://totp/<issuer>:<account>?secret=...` (Key URI Format of Google Authenticator).
 * A colon parts issuer and account there, so that names lose theirs.
 */
export function otpauthUri(secret: string, issuer: string, account: string): string {
  const plain = (text: string) => text.replaceAll(':', ' ').replace(/\s+/g, ' ').trim();
  return generateURI({ strategy: 'totp', issuer: plain(issuer), label: plain(account), secret, digits: 6, period: STEP_SECONDS, algorithm: 'sha1' });
}

/** The text as a QR code: one SVG element without script or foreign reference. */
export function qrCodeSvg(text: string): Promise<string> {
  return qrCode(text, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 });
}
