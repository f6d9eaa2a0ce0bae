export * from './port';
export * from './messages/index';
export { parseSender } from './compose';
