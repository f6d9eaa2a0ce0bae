/**
 * Who may import whom. Each rule says why it is there and what to do instead.
 *
 * Specs are free to reach into the layers (they build worlds the code must not), except that
 * a spec inside a domain/ stays nearly as pure as the domain it describes.
 */
const FEATURES = '(users|two-factor|sessions|businesses|audit|notifications)';
const FEATURE = `^libs/${FEATURES}/`;
/** A third door beside write.ts and read.ts: whoever verifies offline loads no framework, and the proof is pure. */
const PROOF = '^libs/audit/proof/index\\.ts$';
const SPECS = '(\\.(spec|contract)|/spec-helpers)\\.ts$';
/** The files of an app that put it together: the only ones that may pick adapters. */
const COMPOSITION = '^(apps/[^/]+/src/(main\\.ts$|[^/]+\\.module\\.ts$|composition/)|libs/installation/)';
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;

/** A vendor's SDK and the folders it may be imported from. */
const vendor = (name, packages, homes, instead) => ({
  name: `vendor-${name}`,
  comment: `${packages.join(', ')} stay(s) at home, so that changing the vendor changes one folder. Instead: ${instead}`,
  severity: 'error',
  from: { path: '^(apps|libs)/', pathNot: [...homes, SPECS] },
  to: { path: npm(...packages) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'apps-through-doors',
      comment:
        'An app that reaches behind a door ties itself to how a lib is made. ' +
        "Instead: import a feature's write.ts or read.ts, another lib's index.ts, and export there what is missing.",
      severity: 'error',
      from: { path: '^apps/', pathNot: [SPECS, COMPOSITION] },
      to: { path: '^libs/', pathNot: [`${FEATURE}(write|read|events)\\.ts$`, PROOF, `^libs/(?!${FEATURES}/)[^/]+/index\\.ts$`] },
    },
    {
      name: 'composition-picks-adapters',
      comment:
        'The composition (main.ts, *.module.ts, composition/) may also pick adapters, by their own door. ' +
        "Instead of a file inside: import libs/<port>/<adapter>/index.ts; of a feature there is still only write.ts, read.ts and events.ts.",
      severity: 'error',
      from: { path: COMPOSITION, pathNot: SPECS },
      to: {
        path: '^libs/',
        pathNot: ['^libs/(installation|notifications)/', `${FEATURE}(write|read|events)\\.ts$`, PROOF, `^libs/(?!${FEATURES}/)[^/]+/index\\.ts$`, `^libs/(?!${FEATURES}/)[^/]+/[^/]+/index\\.ts$`],
      },
    },
    {
      name: 'apps-apart',
      comment: 'Each app is started, and fails, alone. Instead: move what two apps share into a lib.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: SPECS },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-know-no-app',
      comment: 'A lib that knows an app serves only that app. Instead: take what you need as a parameter, or declare a port.',
      severity: 'error',
      from: { path: '^libs/', pathNot: SPECS },
      to: { path: '^apps/' },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'What runs in production must not need test/. Instead: move it into a lib.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: SPECS },
      to: { path: '^test/' },
    },
    {
      name: 'kernel-imports-nothing',
      comment:
        'Everything rests on the kernel, so it rests on nothing, Node included. ' +
        'Instead: take it as an argument, or put the code into a lib of its own.',
      severity: 'error',
      from: { path: '^libs/kernel/', pathNot: SPECS },
      to: { pathNot: '^libs/kernel/' },
    },
    {
      name: 'access-is-vocabulary',
      comment: 'Roles, modules and levels are words every domain shares; they stay pure. Instead: see domain-is-pure.',
      severity: 'error',
      from: { path: '^libs/access/', pathNot: SPECS },
      to: { pathNot: '^libs/(access|kernel)/' },
    },
    {
      name: 'domain-is-pure',
      comment:
        'A decider is a function of command and state: no framework, no clock, no I/O, no other feature. ' +
        'Instead: let the use-case fetch it and hand it in with the command; words shared by features live in libs/access. ' +
        "Of Node only node:url, whose domainToASCII is a pure function and the platform's one IDN table.",
      severity: 'error',
      from: { path: `${FEATURE}domain/`, pathNot: SPECS },
      to: { pathNot: ['^libs/$1/domain/', '^libs/(kernel|access)/', '^(node:)?url$'] },
    },
    {
      name: 'domain-specs-are-pure',
      comment:
        'A spec of a decider that needs a database, a framework or a vendor shows that the decider is not pure. ' +
        'Instead: given/when/then from the kernel, and fast-check; what needs more is a spec of the use-case, or belongs to test/.',
      severity: 'error',
      from: { path: `${FEATURE}domain/.*${SPECS}` },
      to: { pathNot: ['^libs/$1/domain/', '^libs/(kernel|access)/', '^(node:)?url$', npm('fast-check')] },
    },
    {
      name: 'use-cases-read-streams-only',
      comment:
        'A read model is late, so a decision made from one is wrong. ' +
        'Instead: read the stream through the event-store port; let the controller ask a query for what it shows.',
      severity: 'error',
      from: { path: `${FEATURE}(use-cases/|write\\.ts$)`, pathNot: SPECS },
      to: { path: ['^libs/(document-store|projecting)/', `${FEATURE}(projections/|queries/|read\\.ts$)`] },
    },
    {
      name: 'read-side-decides-nothing',
      comment:
        'Projections and queries tell what happened; one that decides or commands would do so again at each rebuild. ' +
        'Instead: put the rule into the decider and what it decided into the event.',
      severity: 'error',
      from: { path: `${FEATURE}(projections/|queries/|read\\.ts$)`, pathNot: SPECS },
      to: { path: [`${FEATURE}(use-cases/|write\\.ts$)`, `${FEATURE}domain/.*decider?\\.ts$`] },
    },
    {
      name: 'libs-through-doors',
      comment:
        'Features see ports, never adapters, and a lib sees no other from behind. Instead: import index.ts (of a feature: ' +
        "write.ts or read.ts); the composition of the app hands the adapter in. Of another feature, projections may also " +
        'import its events (events.ts): they are what features tell each other.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: [SPECS, `${FEATURE}projections/`, '^libs/(installation|notifications)/'] },
      to: { path: '^libs/', pathNot: ['^libs/$1/', `^libs/(?!${FEATURES}/)[^/]+/index\\.ts$`, `${FEATURE}(write|read)\\.ts$`] },
    },
    {
      name: 'projections-through-doors',
      comment: 'As libs-through-doors, with the events of other features besides.',
      severity: 'error',
      from: { path: [`${FEATURE}projections/`, '^libs/notifications/'], pathNot: SPECS },
      to: {
        path: '^libs/',
        pathNot: ['^libs/$1/', '^libs/notifications/', `^libs/(?!${FEATURES}/)[^/]+/index\\.ts$`, `${FEATURE}read\\.ts$`, `${FEATURE}(domain/)?events\\.ts$`],
      },
    },
    {
      name: 'infrastructure-knows-no-feature',
      comment: 'Stores, loops, mail and keys serve any feature. Instead: let the feature, or the composition, hand in what differs.',
      severity: 'error',
      from: { path: `^libs/(?!${FEATURES}/)`, pathNot: [SPECS, '^libs/installation/'] },
      to: { path: FEATURE },
    },
    {
      name: 'ports-know-no-adapter',
      comment: "A port that imports an adapter brings that vendor to everyone. Instead: import the adapter in the app's composition.",
      severity: 'error',
      from: { path: '^libs/(event-store|document-store|operational-store)/[^/]+\\.ts$', pathNot: SPECS },
      to: { path: '^libs/$1/(sqlite|mongodb|eventstoredb|memory)/' },
    },
    {
      name: 'adapters-apart',
      comment: 'Each adapter can be removed without the others noticing. Instead: share what both need beside the port.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/(sqlite|mongodb|eventstoredb)/', pathNot: SPECS },
      to: { path: '^libs/$1/(sqlite|mongodb|eventstoredb)/', pathNot: '^libs/$1/$2/' },
    },
    {
      name: 'projector-never-writes',
      comment:
        'The projector follows the log; reaching a use-case, even through others, would let a rebuild write events. ' +
        'Instead: import read.ts, and find out which import on the shown path brought the write side in.',
      severity: 'error',
      from: { path: '^apps/projector/', pathNot: SPECS },
      to: { path: `${FEATURE}(use-cases/|write\\.ts$)`, reachable: true },
    },
    {
      name: 'no-circles',
      comment: 'Files in a circle can only be understood, loaded and moved together. Instead: move what both need into a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    vendor('better-sqlite3', ['better-sqlite3'], [`^libs/(?!${FEATURES}/)[^/]+/sqlite/`], 'use a store port.'),
    vendor('mongodb', ['mongodb'], [`^libs/(?!${FEATURES}/)[^/]+/mongodb/`, '^libs/mongodb/'], 'use a store port.'),
    vendor('eventstoredb', ['@eventstore/db-client'], ['^libs/event-store/eventstoredb/'], 'use the event-store port.'),
    vendor('crypto', ['@node-rs/argon2', 'jose'], ['^libs/crypto/'], 'use the ports of libs/crypto.'),
    vendor('mail', ['nodemailer'], ['^libs/mail/'], 'use the port of libs/mail.'),
    vendor('pictures', ['sharp'], ['^libs/avatars/'], 'use the port of libs/avatars.'),
    vendor('totp', ['otplib', 'qrcode'], ['^libs/two-factor/totp/'], 'use what libs/two-factor/totp exports.'),
    vendor('user-agents', ['bowser'], ['^libs/sessions/device/'], 'use what libs/sessions/device exports.'),
    vendor(
      'http',
      ['fastify', '@fastify/[^/]+', '@nestjs/platform-fastify', '@nestjs/passport', '@nestjs/swagger', 'passport', 'passport-jwt', 'class-validator', 'class-transformer'],
      ['^apps/'],
      'libs know no HTTP: leave shapes, guards and answers to the app.',
    ),
    {
      name: 'no-dev-dependencies',
      comment: 'What runs in production is installed with --omit=dev. Instead: move the package to "dependencies" or the code to test/.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['(\\.(spec|contract)|/spec-helpers)\\.ts$', '^libs/worker/typescript-bootstrap\\.cjs$'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'listed-and-found',
      comment: 'An import that cannot be resolved, or only by luck, breaks elsewhere. Instead: correct it, or add it to package.json. (The name that mutation runs give to fast-check is known to their Jest alone.)',
      severity: 'error',
      from: { pathNot: '^test/mutation/fast-check\\.cjs$' },
      to: { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'default', 'types', 'import'], extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'] },
    cache: { folder: '.cache/depcruise', strategy: 'content' },
  },
};
