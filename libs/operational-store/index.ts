export * from './in-its-place';
export * from './lease';
export * from './lease-keeper';
export * from './once-until';
export * from './port';
