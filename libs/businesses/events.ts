/** What happens to businesses: for those who listen. */
export { businessEvents, slugEvents, type BusinessEvent, type SlugReserved } from './domain/events';
