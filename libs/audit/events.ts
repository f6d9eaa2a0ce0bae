/** What the audit itself writes down: for those who listen. */
export * from './domain/events';
