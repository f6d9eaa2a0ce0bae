/**
 * What the compiler cannot see. Every restriction of our own says why, and what to do instead.
 */
import tseslint from 'typescript-eslint';

const noClockInDomain = 'A decision must come out the same at every replay: let the time come in with the command (libs/kernel: Clock).';
const noChanceInDomain = 'A decision must come out the same at every replay: let ids and secrets come in with the command.';

export default tseslint.config(
  { ignores: ['dist/**', '.cache/**', 'coverage/**', 'node_modules/**', '**/*.cjs', '**/*.mjs', '**/*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // A promise nobody waits for loses its error, and here that may be a lost append.
      '@typescript-eslint/no-floating-promises': 'error',
      // A new event or refusal must not slip through an old switch.
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      // Ports answer with promises whether or not this adapter has to wait.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector: ':matches(Literal[value=/LIMIT \\?/], TemplateElement[value.raw=/LIMIT \\?/])',
          message: 'SQLite prepares a statement anew at every call for a bare parameter here (it plans by its value): five times the cost of a short read. Write `LIMIT +?`.',
        },
        {
          selector: 'TSEnumDeclaration',
          message: 'An enum is a second kind of type and of value at once. Use a union of strings: it is what the events hold anyway.',
        },
        {
          selector: "CallExpression[callee.property.name='publish'][callee.object.property.name='eventBus']",
          message: "Nest's EventBus is in memory, unordered, and swallows errors. Append to the event store; followers read the log.",
        },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@nestjs/cqrs',
              importNames: ['EventBus', 'AggregateRoot', 'EventsHandler', 'Saga'],
              message: 'Only CommandBus and QueryBus: its events are in memory and swallow errors, its aggregates find handlers by name. Use deciders and the log.',
            },
          ],
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // An exhaustive switch counts as one branch: its length is the number of events, not of thoughts.
      complexity: ['error', { max: 14, variant: 'modified' }],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: false }],
      'max-depth': ['error', 3],
    },
  },
  {
    // What no one can read in one sitting no one reviews. Split it along what changes together.
    files: ['apps/**/*.ts', 'libs/**/*.ts', 'test/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.contract.ts'],
    rules: { 'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }] },
  },
  {
    files: ['libs/*/domain/**/*.ts', 'libs/kernel/**/*.ts', 'libs/access/**/*.ts', 'libs/*/projections/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/kernel/clock.ts', 'libs/kernel/ids.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: noClockInDomain },
        { object: 'Math', property: 'random', message: noChanceInDomain },
        { object: 'crypto', property: 'randomUUID', message: noChanceInDomain },
      ],
      'no-restricted-globals': ['error', { name: 'process', message: 'Pure code has no environment: take the value as an argument.' }],
    },
  },
  {
    // Specs talk to answers of HTTP, which have no type until they are asserted on.
    files: ['**/*.spec.ts', '**/*.contract.ts', '**/spec-helpers.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/unbound-method': 'off',
      complexity: 'off',
    },
  },
);
