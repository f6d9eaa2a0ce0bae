export { newTotpSecret, otpauthUri, qrCodeSvg, stepOfCode } from './totp';
