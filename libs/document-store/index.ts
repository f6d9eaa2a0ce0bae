export { asBytes, fromBytes } from './bytes';
export * from './port';
