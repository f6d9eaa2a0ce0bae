export * from './authority';
export * from './roles';
export * from './stream-names';
