export * from './spells';
