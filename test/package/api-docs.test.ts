import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

it('has pages of every name that the package offers, with nothing to be warned of', async () => {
  const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc');
  // Warnings are errors (typedoc.json), and end it with another code.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [typedoc, '--emit', 'none'], {
    cwd: ROOT,
  });
  assert.doesNotMatch(stdout + stderr, /warning|error/);
});
