/**
 * fast-check, trying a few cases from one seed: so mutants are judged alike at every run, and in minutes. A mutant that only a rare case shows
 * counts as a survivor here, though the suite, which tries hundreds at random, would find it some day. What fails is not made smaller: nobody
 * reads it.
 */
/** The package itself: jest.config.cjs says where it is, since its own name leads here. */
const itself = 'fast-check-itself';
const real = require(itself);

const assert = (property, parameters = {}) => real.assert(property, { ...parameters, seed: 20_261_124, numRuns: Math.min(15, parameters.numRuns ?? 15), endOnFailure: true });

module.exports = { ...real, assert, default: { ...real.default, assert }, __esModule: true };
