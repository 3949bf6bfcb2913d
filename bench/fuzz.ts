/**
 * `npm run fuzz -- [--inputs 10000] [--seed 1]`: damaged rasters of all formats through the readers, hostile WKB through
 * the geometry parser and the rasteriser. The same seed makes the same inputs. Exits with 1 when anything is found.
 */
import { parseArgs } from 'node:util';
import { fuzz, LIMITS, type Finding, type Tally } from './fuzz/fuzz.js';
import { Report } from './report.js';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const [inputs, seed] = [Number(values.inputs), Number(values.seed)];
if (!Number.isInteger(inputs) || inputs < 1 || !Number.isInteger(seed)) {
  process.stderr.write(
    'usage: npm run fuzz -- [--inputs N] [--seed N] [--keep FOLDER for inputs that are findings]\n',
  );
  process.exit(2);
}

const started = performance.now();
const { tallies, findings } = await fuzz({
  inputs,
  seed,
  ...(values.keep === undefined ? {} : { keep: values.keep }),
  progress: (done) => {
    if (done % 500 === 0) process.stderr.write(`${done} of ${inputs} inputs\n`);
  },
});
print(tallies, findings);
process.exitCode = findings.length === 0 ? 0 : 1;

function print(rows: readonly Tally[], found: readonly Finding[]): void {
  const report = new Report((markdown) => {
    process.stdout.write(`${markdown}\n\n`);
  });
  report.section(
    `${inputs} hostile inputs, seed ${seed}, ${Math.round((performance.now() - started) / 1000)} s`,
  );
  report.paragraph(
    `Each in a process apart: at most ${LIMITS.seconds} s of its time, a heap of ${LIMITS.heapMegabytes} MB, ` +
      `${LIMITS.residentMegabytes} MB resident all in all. Refused means by an error that names the file, or says what is ` +
      'wrong with the geometry; all others are findings.',
  );
  report.table(
    ['input', 'inputs', 'read', 'refused', 'findings', 'slowest, CPU s', 'most memory, MB'],
    rows.map((row) => [
      row.kind,
      row.inputs,
      row.read,
      row.refused,
      row.findings,
      row.slowest.toFixed(2),
      Math.round(row.mostMegabytes),
    ]),
  );
  for (const { input, kind, what } of found) report.paragraph(`- input ${input} (${kind}): ${what}`);
}
