export * from './command-context';
export * from './event-codec';
export * from './streams';
