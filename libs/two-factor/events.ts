/** What happens to people's second factor: for those who listen. */
export * from './domain/events';
