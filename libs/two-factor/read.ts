/** What can be known of people's second factor. */
export { otpauthUri, qrCodeSvg } from './totp';
export { twoFactorStream, type TwoFactorState } from './domain/state';
