/** Build step: bundles the workflows once, so that no worker has to at its start. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { WORKFLOW_BUNDLE } from './bundle.js';

const DIST = fileURLToPath(new URL('..', import.meta.url));
/** What workflow code may import, and what says which packages are installed. */
const INPUTS = [
  ...['workflows', 'activities', 'database', 'cards'].map((room) => join(DIST, room)),
  join(DIST, '../node_modules/.package-lock.json'),
];

/** Bundling takes some seconds, so it is left out where nothing has changed since. */
function upToDate(): boolean {
  if (!existsSync(WORKFLOW_BUNDLE)) return false;
  const made = statSync(WORKFLOW_BUNDLE).mtimeMs;
  return INPUTS.every((input) => newest(input) < made);
}

function newest(path: string): number {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  const scripts = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  );
  return Math.max(0, ...scripts.map((name) => statSync(join(path, name)).mtimeMs));
}

if (!upToDate()) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/bundle-entry.js', import.meta.url)),
    // Loaded once for all workflows, not once for each: it keeps nothing of them.
    preloadModules: ['zod'],
    logger: {
      log: silent,
      trace: silent,
      debug: silent,
      info: silent,
      warn: console.warn,
      error: console.error,
    },
  });
  await writeFile(WORKFLOW_BUNDLE, code);
}

function silent(): void {
  // Progress of the bundler is of no interest in a build's output.
}
