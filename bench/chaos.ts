/** `npm run chaos`: campaigns under a random but seeded series of faults, compared with an undisturbed run. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { deck } from './chaos/barrage.js';
import { outages } from './chaos/faults/outages.js';
import { isFlawless, report } from './chaos/report.js';
import { type ChaosResult, runChaos } from './chaos/run.js';
import { narrator, runProgram, wholeNumber } from './program.js';

const USAGE = `npm run chaos -- [options]

  --faults N        faults (40)
  --outages MINUTES PostgreSQL away, Temporal away and PostgreSQL read-only, one after the other, in place of faults
  --seed LIST       what the faults are drawn by; several runs with commas (1)
  --scenes N        scenes; more are added as long as faults are left (40)
  --folder FOLDER   where servers keep their files (.parcelwise/chaos)
  --write FILE      where the report goes, beside those that the file holds of other runs

Exit code 0 where all promises were kept, 1 where one was not, 2 for options that make no sense.
`;

await runProgram(USAGE, async () => {
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
  const seeds = values.seed.split(',').map((seed) => wholeNumber('seed', seed));
  const scenes = wholeNumber('scenes', values.scenes);
  const faults = wholeNumber('faults', values.faults);
  const minutes = values.outages === undefined ? undefined : wholeNumber('outages', values.outages);
  const folder = resolve(values.folder);
  await mkdir(folder, { recursive: true });
  const say = narrator();
  const results: ChaosResult[] = [];
  for (const seed of seeds) {
    results.push(
      await runChaos({
        folder,
        faults: minutes === undefined ? deck(faults, seed) : outages(minutes),
        seed,
        scenes,
        originals: { s2: 8, bs: 4, c6: 4 },
        say,
      }),
    );
  }
  process.stdout.write(report(results));
  if (values.write !== undefined) {
    const before = await readFile(values.write, 'utf8').catch(() => '');
    await writeFile(values.write, report(results, before));
  }
  return results.every(isFlawless) ? 0 : 1;
});
