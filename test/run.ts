/**
 * Runs the tests: starts one throw-away stack, hands its addresses to the test files by environment variables, and runs
 * the files two at a time. `npm test -- zonal store` runs the files whose path contains one of the words.
 *
 * Tests find: PARCELWISE_TEST_PG (a superuser's connection URL; every database made there has PostGIS),
 * PARCELWISE_TEST_TEMPORAL (host:port), PARCELWISE_TEST_S3 (JSON: endpoint, accessKey, secretKey, region, bucket, folder),
 * TEMPORAL_CLI and VERSITYGW (paths of the programs, for tests that start servers of their own).
 */
import { setMaxListeners } from 'node:events';
import { mkdtemp, readdir, rm, stat, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { reportTo, startStack } from '../stack/stack.js';
import type { Stack } from '../stack/stack.js';
import { findS3Gateway } from '../stack/s3-gateway.js';
import { findTemporal } from '../stack/temporal.js';

const SOURCES = fileURLToPath(new URL('../../test/', import.meta.url));
const COMPILED = fileURLToPath(new URL('./', import.meta.url));
/** Several times what the longest takes on two idle cores. */
const FILE_TIMEOUT_MS = 600_000;
const FILES_AT_ONCE = 2;

interface Tally {
  passed: number;
  failed: number;
  /** Each test or suite that did not run, and why. */
  readonly skipped: string[];
}

function newTally(): Tally {
  return { passed: 0, failed: 0, skipped: [] };
}

/** The compiled test files, in order. Taken from the sources: what was compiled from a file since removed must not run. */
async function testFiles(words: readonly string[]): Promise<string[]> {
  const sources = (await readdir(SOURCES, { recursive: true }))
    .filter((name) => name.endsWith('.test.ts'))
    .sort();
  const chosen =
    words.length === 0 ? sources : sources.filter((name) => words.some((word) => name.includes(word)));
  return chosen.map((name) => join(COMPILED, name.replace(/\.ts$/, '.js')));
}

/** What is set for a person's own servers must not reach the tests. */
function clearEnvironment(): void {
  for (const name of Object.keys(process.env)) {
    if (/^(PG[A-Z]+$|DATABASE_URL$|AWS_|TEMPORAL_|PARCELWISE_TEST_|VERSITYGW$)/.test(name)) {
      Reflect.deleteProperty(process.env, name);
    }
  }
}

async function giveToTests(stack: Stack): Promise<void> {
  const silent = (): void => undefined;
  process.env.PARCELWISE_TEST_PG = stack.database.url;
  process.env.PARCELWISE_TEST_TEMPORAL = stack.temporal.address;
  process.env.PARCELWISE_TEST_S3 = JSON.stringify(stack.s3);
  process.env.TEMPORAL_CLI = await findTemporal(silent);
  process.env.VERSITYGW = await findS3Gateway(silent);
}

/** Runs the files, each in a process of its own, and prints what they say. */
async function runFiles(files: string[], signal: AbortSignal): Promise<Tally> {
  const tally = newTally();
  // The runner adds a listener for each file, which Node would warn of from the eleventh on.
  setMaxListeners(files.length + 1, signal);
  const tests = run({ files, concurrency: FILES_AT_ONCE, timeout: FILE_TIMEOUT_MS, signal });
  tests.on('test:pass', (test) => {
    // A file that holds no test passes under its own name.
    if (files.includes(test.name)) return;
    const reason = test.skip ?? test.todo;
    if (reason !== undefined) tally.skipped.push(`${test.name}: ${reason === true ? 'not here' : reason}`);
    else if (test.details.type !== 'suite') tally.passed += 1;
  });
  tests.on('test:fail', (test) => {
    if (test.details.type !== 'suite' && test.todo === undefined) tally.failed += 1;
  });
  for await (const text of tests.compose(new spec())) process.stdout.write(text as string);
  return tally;
}

function lastLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
}

/** What was not tested should catch the eye, at the end where people look. */
function tellSkipped({ skipped }: Tally): void {
  if (skipped.length === 0) return;
  console.log(`\nNOT TESTED (${skipped.length}):`);
  for (const line of skipped) console.log(`  ${line}`);
  console.log('');
}

async function main(words: readonly string[]): Promise<Tally> {
  const files = await testFiles(words);
  if (files.length === 0) throw new Error(`no test file's path contains ${words.join(' or ')}`);
  await Promise.all(files.map((file) => stat(file)));
  clearEnvironment();
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      stopped.abort();
    });
  const root = await mkdtemp(join(tmpdir(), 'parcelwise-test-'));
  try {
    // PostgreSQL may run as another user than ours.
    await chmod(root, 0o711);
    const stack = await startStack({ root, report: reportTo(process.stderr), webUi: false, throwaway: true });
    try {
      await giveToTests(stack);
      return await runFiles(files, stopped.signal);
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

let tally = newTally();
let broken = false;
try {
  tally = await main(process.argv.slice(2));
} catch (error) {
  broken = true;
  console.error(error instanceof Error ? error.message : error);
}
tellSkipped(tally);
console.log(lastLine(tally));
// A test that left something behind in a process must not keep the run from ending.
process.exit(broken || tally.failed > 0 || tally.passed === 0 ? 1 : 0);
