/** What happens to sessions: for those who listen. */
export * from './domain/events';
