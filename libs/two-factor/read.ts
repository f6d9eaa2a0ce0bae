/** What can be known of people's second factor. */
export { twoFactorStream, type TwoFactorState } from './domain/state';
