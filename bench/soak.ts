/**
 * `npm run soak`: weeks of a schedule's ticks in minutes, and whether anything grows with their number.
 *
 * `--days N` (24), `--ticks N` (24 a day), `--every SECONDS` (1), `--folder F` (.parcelwise/soak), `--write FILE` for the
 * report; `soak.json` in the folder has all that was weighed. Exits 1 where a promise was broken.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { machineFacts } from './machine.js';
import { formatted } from './report.js';
import { soakReport } from './soak/report.js';
import { runSoak } from './soak/run.js';
import { judge } from './soak/verdict.js';

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
const began = Date.now();
const folder = resolve(values.folder);
// PostgreSQL may run as another user than ours.
await mkdir(folder, { recursive: true, mode: 0o711 });
const facts = await machineFacts();
const soak = await runSoak({
  folder,
  days,
  ticksPerDay: Math.round(ticks / days),
  everyMs: 1000 * wholeNumber('every', values.every),
  say: (line) => process.stderr.write(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`),
});
await writeFile(join(folder, 'soak.json'), JSON.stringify(soak));
const verdict = judge(soak);
const report = await formatted(soakReport(soak, verdict, facts));
process.stdout.write(report);
if (values.write !== undefined) await writeFile(values.write, report);
process.exit(verdict.every(({ holds }) => holds) ? 0 : 1);

function wholeNumber(name: string, text: string, atLeast = 1, atMost = Infinity): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= atLeast && value <= atMost) return value;
  throw new Error(`--${name} is "${text}"; it must be a whole number from ${atLeast} to ${atMost}`);
}
