/** What happens to users: for those who listen. */
export * from './domain/events';
export { emailReservationEvents, type EmailReservationEvent } from './domain/email-reservation';
