export { copyDatabase, databaseProblems } from './copy-database';
