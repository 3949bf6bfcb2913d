/** `npm run soak`: weeks of a schedule's ticks in minutes, and whether anything grows with their number. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from './machine.js';
import { narrator, runProgram, wholeNumber } from './program.js';
import { formatted } from './report.js';
import { soakReport } from './soak/report.js';
import { runSoak } from './soak/run.js';
import { judge } from './soak/verdict.js';

const USAGE = `npm run soak -- [options]

  --days N         simulated days, from 4 to 300 (24)
  --ticks N        ticks in all of them, at least two a day (24 a day)
  --every SECONDS  real time between ticks (1)
  --folder FOLDER  where servers keep their files, and what was weighed as soak.json (.parcelwise/soak)
  --write FILE     where the report goes; npm run soak writes bench/SOAK.md

Exit code 0 where all promises were kept, 1 where one was not, 2 for options that make no sense.
`;

await runProgram(USAGE, async () => {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '24' },
      ticks: { type: 'string' },
      every: { type: 'string', default: '1' },
      folder: { type: 'string', default: '.parcelwise/soak' },
      write: { type: 'string' },
    },
  });
  const days = wholeNumber('days', values.days, 4, 300);
  const ticks = wholeNumber('ticks', values.ticks ?? String(24 * days), 2 * days);
  const everyMs = 1000 * wholeNumber('every', values.every);
  const say = narrator();
  const folder = resolve(values.folder);
  // PostgreSQL may run as another user than ours.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const facts = await machineFacts();
  const soak = await runSoak({
    folder,
    days,
    ticksPerDay: Math.round(ticks / days),
    everyMs,
    say,
  });
  await writeFile(join(folder, 'soak.json'), JSON.stringify(soak));
  const verdict = judge(soak);
  const report = await formatted(soakReport(soak, verdict, facts));
  process.stdout.write(report);
  if (values.write !== undefined) await writeFile(values.write, report);
  return verdict.every(({ holds }) => holds) ? 0 : 1;
});
