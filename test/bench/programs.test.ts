import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Exit code and what was said, of a program of the bench. */
async function run(program: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const path = fileURLToPath(new URL(`../../bench/${program}.js`, import.meta.url));
  const { stdout, stderr, code } = await promisify(execFile)(process.execPath, [path, ...args]).then(
    (said) => ({ ...said, code: 0 }),
    (error: unknown) => error as { stdout: string; stderr: string; code: number },
  );
  return { code, out: stdout, err: stderr };
}

describe('the programs of the bench', () => {
  for (const [program, args, said] of [
    ['soak', ['--days', '1'], /^--days is "1"; give a whole number from 4 to 300$/m],
    ['soak', ['--days', '8', '--ticks', '9'], /^--ticks is "9"; give a whole number from 16$/m],
    ['chaos', ['--outages', '0'], /^--outages is "0"; give a whole number from 1$/m],
    ['fuzz', ['--inputs', 'many'], /^--inputs is "many"; give a whole number from 1$/m],
    ['audit', ['--scenes', ''], /^--scenes is ""; give a whole number from 7$/m],
    ['run', ['speed'], /^there is no section speed; there are decode, zonal/m],
    ['run', ['--faster'], /^Unknown option '--faster'/m],
  ] as const)
    it(`say what ${program} ${args.join(' ')} lacks, and end with 2`, async () => {
      const { code, out, err } = await run(program, ...args);
      assert.match(err, said);
      assert.match(err, /^ {2}--\w+ /m, 'the options that there are');
      assert.doesNotMatch(err, /\n\s+at /, 'a stack trace helps nobody');
      assert.deepEqual([code, out], [2, '']);
    });

  it('tell their options by --help', async () => {
    for (const program of ['soak', 'chaos', 'fuzz', 'audit', 'run']) {
      const { code, out } = await run(program, '--help');
      assert.match(out, /--\w+/);
      assert.equal(code, 0);
    }
  });
});
