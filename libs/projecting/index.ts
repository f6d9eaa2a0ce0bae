export type { Compared } from './comparison';
export * from './document-read-model';
export * from './log-follower';
export * from './projector';
export * from './read-model';
export * from './remote-progress';
export * from './rebuild';
