export * from './spawn-worker';
