/** The faithful mode, row by row: with the scripts' band names and raw radiometry our rows are those of CbM's procedure. */
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import { type Case, madeCases } from '../faithful/cases.js';
import { areEqual, type Differences, differences, type Statistic } from '../faithful/differences.js';
import { realCases } from '../faithful/real-cases.js';
import { openCase } from '../faithful/site.js';
import { pythonProgram, scratchFolder } from '../ground.js';
import { type Servers, startServers } from '../product/servers.js';
import type { Site } from '../product/site.js';
import { WorkerProcess } from '../product/worker-process.js';
import type { Cell } from '../report.js';

/** One unit in the last place of float32: both sides reckon in double precision and store `real`. */
const INTEGER_TOLERANCE = 2 ** -23;
/** numpy sums float32 pixels in float32, so CbM's own numbers are that much off. */
const FLOAT_TOLERANCE = 2 ** -20;

interface Compared {
  readonly one: Case;
  readonly card: string;
  readonly parcels: number;
  readonly found: Differences;
}

export async function faithful(bench: Bench): Promise<void> {
  const { report, say } = bench;
  const cases = [...(await madeCases(bench)), ...realCases()];
  const servers = await startServers(bench);
  const compared: Compared[] = [];
  try {
    for (const one of cases) compared.push(...(await compareCase(bench, servers, one)));
  } finally {
    await servers.stop();
  }
  report.section("Faithful: our rows beside those of CbM's procedure");
  describe(bench, cases, compared);
  const failed = compared.filter(({ found }) => !areEqual(found));
  if (failed.length === 0) return;
  say(`faithful: rows of ${failed.length} scenes differ`);
  process.exitCode = 1;
}

async function compareCase(bench: Bench, servers: Servers, one: Case): Promise<Compared[]> {
  const site = await openCase(servers, scratchFolder(bench, 'site'), one);
  try {
    const worker = await WorkerProcess.start(site);
    try {
      for (const card of one.cards) {
        bench.say(`faithful: ${one.name}, ${card}, parcelwise`);
        const bands = one.bands ? ['--bands', one.bands.join(',')] : [];
        await worker.command(['campaign', 'run', '--card', card, '--band-names', 'scripts', ...bands]);
      }
    } finally {
      await worker.stop();
    }
    const compared: Compared[] = [];
    for (const { obsid, card } of await extractedScenes(site)) {
      bench.say(`faithful: ${one.name}, ${card}, CbM's procedure`);
      const parcels = await runSeed(bench, site, one, obsid, card);
      const tolerance = card === 's2' ? INTEGER_TOLERANCE : FLOAT_TOLERANCE;
      compared.push({ one, card, parcels, found: await differences(site.pool, obsid, tolerance) });
    }
    if (compared.length < one.cards.length) throw new Error(`${one.name}: a scene was not extracted`);
    return compared;
  } finally {
    await site.close();
  }
}

async function extractedScenes({ pool }: Site): Promise<{ obsid: number; card: string }[]> {
  const { rows } = await pool.query<{ obsid: number; card: string }>(
    `SELECT id AS obsid, card FROM dias_catalogue WHERE status = 'extracted' ORDER BY id`,
  );
  return rows;
}

/** @returns the parcels it met. */
async function runSeed(
  { peers }: Bench,
  { folder }: Site,
  { inDegrees }: Case,
  obsid: number,
  card: string,
): Promise<number> {
  const files = ['db_config.json', 's3_config.json'].map((name) => join(folder, name));
  const options = ['--card', card, '--script-names', ...(inDegrees ? ['--metres'] : [])];
  const program = pythonProgram('cbm_procedure.py');
  const { parcels } = await runForJson<{ parcels: number }>(peers.python, [
    program,
    ...files,
    String(obsid),
    'cbm_sigs',
    'cbm_hists',
    ...options,
  ]);
  return parcels;
}

const INEXACT: readonly Statistic[] = ['mean', 'std', 'p25', 'p50', 'p75'];

function describe({ report }: Bench, cases: readonly Case[], compared: readonly Compared[]): void {
  report.paragraph(
    `With the scripts' band names and raw radiometry, on the same scenes and parcels: every row of both sides, by parcel and ` +
      `band. Numbers are stored as float32, whose last place is ${INTEGER_TOLERANCE.toExponential(1)}. Of ` +
      `Sentinel-1's float32 pixels numpy reckons in float32 too, so CbM's own numbers are off by more: ` +
      `${FLOAT_TOLERANCE.toExponential(1)} is let pass there. Counts, minima and maxima must be the same bit by bit.`,
  );
  report.table(
    [
      'case',
      'CARD',
      'parcels met',
      'rows',
      'missing',
      'extra',
      'other count',
      'other min or max',
      'largest relative difference',
      'histograms',
      'differing',
    ],
    compared.map(rowOf),
  );
  report.paragraph(cases.map(({ name, what }) => `- ${name}: ${what}`).join('\n'));
  const examples = compared.flatMap(({ one, card, found }) =>
    found.examples.map((example) => `- ${one.name}, ${card}: ${example}`),
  );
  report.paragraph(
    examples.length > 0
      ? `**Rows differ:**\n\n${examples.join('\n')}`
      : 'No row is missing, extra or different.',
  );
}

function rowOf({ one, card, parcels, found }: Compared): Cell[] {
  const { rows, missing, extra, counts, largest, hists, histsDiffering } = found;
  return [
    one.name,
    card,
    parcels,
    rows,
    missing,
    extra,
    counts,
    largest.min > 0 || largest.max > 0 ? 'yes' : 'none',
    Math.max(...INEXACT.map((name) => largest[name])).toExponential(1),
    hists,
    histsDiffering,
  ];
}
