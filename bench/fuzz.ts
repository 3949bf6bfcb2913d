/**
 * `npm run fuzz`: damaged rasters of all formats through the readers, hostile WKB through the geometry parser and the rasteriser by
 * each pixel rule and under masks, hostile expressions through the parser of indices, hostile options through that of db_config.json.
 */
import { parseArgs } from 'node:util';
import { fuzz, LIMITS, type Finding, type Tally } from './fuzz/fuzz.js';
import { runProgram, wholeNumber } from './program.js';
import { Report } from './report.js';

const USAGE = `npm run fuzz -- [options]

  --inputs N     how many (10000)
  --seed N       the same seed makes the same inputs (1)
  --keep FOLDER  for inputs that are findings

Exit code 0 where nothing was found, 1 where something was, 2 for options that make no sense.
`;

await runProgram(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      inputs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'string' },
    },
  });
  const inputs = wholeNumber('inputs', values.inputs);
  const seed = wholeNumber('seed', values.seed, 0);
  const began = performance.now();
  const { tallies, findings } = await fuzz({
    inputs,
    seed,
    ...(values.keep === undefined ? {} : { keep: values.keep }),
    progress: (done) => {
      if (done % 500 === 0) process.stderr.write(`${done} of ${inputs} inputs\n`);
    },
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  print(`${inputs} hostile inputs, seed ${seed}, ${seconds} s`, tallies, findings);
  return findings.length === 0 ? 0 : 1;
});

function print(title: string, rows: readonly Tally[], found: readonly Finding[]): void {
  const report = new Report((markdown) => {
    process.stdout.write(`${markdown}\n\n`);
  });
  report.section(title);
  report.paragraph(
    `Each in a process apart: at most ${LIMITS.seconds} s of its time, a heap of ${LIMITS.heapMegabytes} MB, ` +
      `${LIMITS.residentMegabytes} MB resident all in all. Refused means by an error that names the file, or says what is ` +
      'wrong with the geometry, the expression (with its place) or the options; all others are findings.',
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
