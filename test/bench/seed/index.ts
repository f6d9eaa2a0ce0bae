export * from './history';
export { seed, SEED_VERSION } from './seed';
