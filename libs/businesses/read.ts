/** What can be known of businesses. */
export { businessStream, type BusinessState } from './domain/state';
export { businesses, type BusinessDocument } from './projections/businesses';
export { BUSINESSES, BusinessQueries } from './queries/businesses.queries';
