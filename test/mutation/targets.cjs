/**
 * What is mutated, by the name that `npm run mutation -- NAME` takes. Each is judged by its own specs alone, the ones beside it: a rule that
 * only an e2e test holds is a rule that its reader cannot see.
 */
const feature = (name) => ({ mutate: [`libs/${name}/domain/*.ts`], specs: `libs/${name}/domain/*.spec.ts` });

/** @type {Record<string, { mutate: string[], specs: string }>} */
module.exports = {
  businesses: feature('businesses'),
  sessions: feature('sessions'),
  'two-factor': feature('two-factor'),
  users: feature('users'),
  // Apart, because their specs try all of Unicode.
  'users-values': { mutate: ['libs/users/domain/values/*.ts'], specs: 'libs/users/domain/values/*.spec.ts' },
  audit: feature('audit'),
  // The audit proof: the tree and what is signed; exports; and their verification, whose specs take longer.
  'audit-proof': { mutate: ['libs/audit/proof/{base64,checkpoint,leaf,memory-merkle-nodes,merkle-hash,merkle-tree,merkle-verify,signed-note}.ts'], specs: 'libs/audit/proof/{checkpoint,leaf,merkle-hash,merkle-tree,signed-note}.spec.ts' },
  'audit-export': { mutate: ['libs/audit/proof/{entry-agreement,export-*,lines,problems}.ts'], specs: 'libs/audit/proof/{entry-agreement,export-format,export-segment,export-writer,lines}.spec.ts' },
  'audit-verify': { mutate: ['libs/audit/proof/verify-export.ts'], specs: 'libs/audit/proof/verify-export*.spec.ts' },
};
