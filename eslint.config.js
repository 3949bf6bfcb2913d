import { builtinModules } from 'node:module';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { readFileSync } from 'node:fs';
import { URL } from 'node:url';

/** The house: a room may import the rooms below it, never those above. The architecture test reads the same table. */
const mayImport = JSON.parse(
  readFileSync(new URL('./test/architecture/rooms.json', import.meta.url), 'utf8'),
);
/** Benchmarks, tests and the program that writes pages stand above the house, and nothing of it may know them. */
const rooms = [...Object.keys(mayImport), 'bench', 'docs', 'test'];

const notBelow = (room) =>
  rooms
    .filter((other) => other !== room && !mayImport[room].includes(other))
    .map((other) => ({ regex: `^(\\.\\./)+${other}/`, message: `${room}/ must not import ${other}/` }));

const boundaries = Object.keys(mayImport).map((room) => ({
  files: [`${room}/**/*.ts`],
  rules: { 'no-restricted-imports': ['error', { patterns: notBelow(room) }] },
}));

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      '.parcelwise/**',
      'api-docs/**',
      'rasters/jpeg2000/kernel/**',
      'zonal/kernel/**',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Counts and ids in messages are numbers; writing String(n) around each hides the sentence.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Typed arrays are read in hot loops where the index is proven by the loop; a branch there costs time.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // node:test's own functions return promises that the runner awaits.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['describe', 'it', 'test', 'suite'], package: 'node:test' },
          ],
        },
      ],
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  ...boundaries,
  {
    // Workflow code runs in Temporal's sandbox: no Node, so no clock, disk or network by accident.
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: builtinModules.flatMap((name) => [name, `node:${name}`]),
          patterns: [
            // Of this rule the last word counts, so the room's boundaries are said once more.
            ...notBelow('workflows'),
            {
              regex: '^(\\.\\./)+activities/',
              message: 'only the types of activities: import type',
              allowTypeImports: true,
            },
          ],
        },
      ],
    },
  },
);
