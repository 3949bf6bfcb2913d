/** Numbers that CbM's procedure does not have, row by row: clear pixels, indices, other pixel rules and buffers beside other programs'. */
import type { Bench } from '../bench.js';
import type { Case } from '../faithful/cases.js';
import { numberedCases } from '../faithful/cases.js';
import { realCases } from '../faithful/real-cases.js';
import { openCase } from '../faithful/site.js';
import { scratchFolder } from '../ground.js';
import {
  type BesideSpyndex,
  compareIndices,
  compareRows,
  type Compared,
  type Comparison,
  extractBy,
  type Scene,
} from '../numbers/extracted.js';
import { layersOf } from '../numbers/layers.js';
import { type Rule, rulesFor } from '../numbers/rules.js';
import { startServers } from '../product/servers.js';
import type { Site } from '../product/site.js';
import type { Cell } from '../report.js';

/** Of rows by pixel centres in shrunken parcels: GEOS of two versions may draw an arc a hair apart. */
const BUFFERED_SHARE = 1e-3;
/**
 * Of rows by shares: a pixel that exactextract's float32 gives no share of may be the smallest or largest; and of shrunken parcels a
 * percentile leaps where many pixels have next to no share.
 */
const EXTREME_SHARE = 1e-2;
/** spyndex multiplies and adds in another order. */
const SPYNDEX_TOLERANCE = 1e-9;

interface Result {
  readonly one: Case;
  readonly rule: Rule;
  readonly found: Comparison;
}

interface IndexResult extends BesideSpyndex {
  readonly one: Case;
}

export async function numbers(bench: Bench): Promise<void> {
  const cases = [...realCases(), ...(await numberedCases(bench))];
  const servers = await startServers(bench);
  const results: Result[] = [];
  const indices: IndexResult[] = [];
  try {
    for (const one of cases) {
      const site = await openCase(servers, scratchFolder(bench, 'site'), one);
      try {
        await compareCase(bench, site, one, results, indices);
      } finally {
        await site.close();
      }
    }
  } finally {
    await servers.stop();
  }
  describe(bench, cases, results, indices);
  const off = [
    ...results.filter((result) => result.found.compared.some((compared) => isOff(result.rule, compared))),
    ...indices.filter(isIndexOff),
  ];
  if (off.length === 0) return;
  bench.say(`numbers: ${off.length} comparisons are off`);
  process.exitCode = 1;
}

async function compareCase(
  { peers, say }: Bench,
  site: Site,
  one: Case,
  results: Result[],
  indices: IndexResult[],
): Promise<void> {
  let tables = 0;
  for (const scene of await scenesOf(site, one)) {
    const layers = await layersOf(one, scene.card);
    for (const rule of rulesFor(layers.metres, layers.hasClasses)) {
      say(`numbers: ${one.name}, ${rule.name.replaceAll('`', '')}`);
      await extractBy(site, scene, layers, rule, tables++);
      const found = await compareRows(peers.python, site, scene, one);
      results.push({ one, rule, found });
      const off = found.compared.filter((compared) => isOff(rule, compared)).map(({ what }) => what);
      if (off.length > 0) say(`numbers: off are ${off.join(', ')}\n${found.examples.join('\n')}`);
    }
    const beside = await compareIndices(peers.python, site, scene, one);
    indices.push(...beside.map((index) => ({ ...index, one })));
  }
}

async function scenesOf({ pool }: Site, { cards, obsids }: Case): Promise<Scene[]> {
  const { rows } = await pool.query<Scene>(
    `SELECT id AS obsid, card FROM dias_catalogue WHERE status = 'ingested' AND card = ANY($1) ORDER BY id`,
    [cards],
  );
  return rows.filter(({ obsid }) => obsids?.includes(obsid) ?? true);
}

function isOff({ args }: Rule, found: Compared): boolean {
  const { rows, counts, extremes, missing, extra, values, reasons } = found;
  const isBuffered = args.inner_buffer_m !== undefined && args.pixels === 'centre';
  const others = counts + missing + extra + reasons;
  return values > 0 || extremes > EXTREME_SHARE * rows || others > (isBuffered ? BUFFERED_SHARE * rows : 0);
}

function isIndexOff({ onlyOne, largest }: BesideSpyndex): boolean {
  return onlyOne > 0 || !(largest <= SPYNDEX_TOLERANCE);
}

function describe(
  { report }: Bench,
  cases: readonly Case[],
  results: readonly Result[],
  indices: readonly IndexResult[],
): void {
  report.section("Numbers: clear rows, indices, pixel rules and buffers beside other programs'");
  report.paragraph(
    'Every row and every reason for none, in tables that keep every digit: raw and clear, of all bands that a scene has and all indices ' +
      'that these allow, and of one with every function. Counts must be the same, and all other statistics (with four more ' +
      'percentiles, skewness and the share of valid pixels) to 1e-12 of the largest pixel; by `fraction`, where exactextract keeps ' +
      'shares in float32, both to 1e-6, and percentiles to a millionth of their place, and of shrunken parcels to a thousandth, since GEOS of two versions draws an arc a hair apart. Parcels whose rings cross are left out by `inside` and `fraction`.',
  );
  report.table(
    [
      'case',
      'rule',
      'beside',
      'of',
      'rows',
      'gaps',
      'missing or extra',
      'other count',
      'other reason',
      'other min, max or percentile by shares',
      'largest difference',
      'off',
    ],
    results.flatMap(({ one, rule, found }) => found.compared.map((compared) => rowOf(one, rule, compared))),
  );
  report.paragraph(cases.map(({ name, what }) => `- ${name}: ${what}`).join('\n'));
  report.paragraph(
    "Indices as numpy reckons them, which the rows were compared with, beside spyndex's, pixel by pixel:",
  );
  report.table(
    ['case', 'index', "spyndex's", 'pixels', 'only one has a value', 'largest relative difference'],
    indices.map(({ one, index, theirs, pixels, onlyOne, largest }) => [
      one.name,
      index,
      theirs,
      pixels,
      onlyOne,
      largest.toExponential(1),
    ]),
  );
  const examples = results.flatMap(({ one, rule, found }) =>
    found.examples.map((example) => `- ${one.name}, ${rule.name}: ${example}`),
  );
  report.paragraph(examples.length > 0 ? `Differences:\n\n${examples.join('\n')}` : 'Nothing differs.');
}

function rowOf(one: Case, rule: Rule, compared: Compared): Cell[] {
  const { what, rows, gaps, missing, extra, counts, reasons, extremes, values, largest, largestCount } =
    compared;
  const difference = Math.max(largest, rule.args.pixels === 'fraction' ? largestCount : 0);
  return [
    one.name,
    rule.name,
    rule.beside,
    what,
    rows,
    gaps,
    missing + extra,
    counts,
    reasons,
    extremes,
    difference.toExponential(1),
    isOff(rule, compared) ? `**yes** (${values} numbers)` : 'no',
  ];
}
