/**
 * The proof: Merkle tree, checkpoints, exports and their verification. Pure, on node:crypto alone, so that whoever
 * verifies needs no server, no data folder and no framework. docs/audit.md says what is proven.
 */
export * from './base64';
export * from './checkpoint';
export * from './entry-agreement';
export * from './export-format';
export * from './export-seal';
export * from './export-writer';
export * from './leaf';
export * from './lines';
export * from './memory-merkle-nodes';
export * from './merkle-hash';
export * from './merkle-tree';
export * from './merkle-verify';
export type { Problem } from './problems';
export * from './signed-note';
export * from './verify-export';
export * from '../visible-text';
