/**
 * `npm run chaos`: campaigns under a random but seeded series of faults, compared with an undisturbed run.
 *
 * `--faults N` (40), or `--outages MINUTES`: PostgreSQL away, Temporal away and PostgreSQL read-only, one after the other; `--seed S` (1; several with commas), `--scenes N` (40), `--folder F` (.parcelwise/chaos),
 * `--write FILE` for the report, beside those that the file holds of other runs. Exits 1 where a promise was broken.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { deck } from './chaos/barrage.js';
import type { Fault } from './chaos/fault.js';
import { outages } from './chaos/faults/outages.js';
import { isFlawless, report } from './chaos/report.js';
import { type ChaosResult, runChaos } from './chaos/run.js';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '40' },
    outages: { type: 'string' },
    seed: { type: 'string', default: '1' },
    scenes: { type: 'string', default: '40' },
    folder: { type: 'string', default: '.parcelwise/chaos' },
    write: { type: 'string' },
  },
});

const folder = resolve(values.folder);
await mkdir(folder, { recursive: true });
const began = Date.now();
const results: ChaosResult[] = [];
for (const seed of values.seed.split(',')) {
  results.push(
    await runChaos({
      folder,
      faults: faults(wholeNumber('seed', seed)),
      seed: wholeNumber('seed', seed),
      scenes: wholeNumber('scenes', values.scenes),
      originals: { s2: 8, bs: 4, c6: 4 },
      say: (line) =>
        process.stderr.write(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`),
    }),
  );
}
process.stdout.write(report(results));
if (values.write !== undefined) {
  const before = await readFile(values.write, 'utf8').catch(() => '');
  await writeFile(values.write, report(results, before));
}
process.exit(results.every(isFlawless) ? 0 : 1);

function faults(seed: number): Fault[] {
  return values.outages === undefined
    ? deck(wholeNumber('faults', values.faults), seed)
    : outages(wholeNumber('outages', values.outages));
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} is "${text}"; it must be a whole number above 0`);
}
