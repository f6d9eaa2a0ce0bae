export * from './in-its-place';
export * from './lease';
export * from './lease-keeper';
export * from './port';
