/** What happens to sessions: for those who listen. */
export { sessionEvents, type SessionEvent } from './domain/session';
export { signInEvents, type SignInEvent } from './domain/sign-in';
