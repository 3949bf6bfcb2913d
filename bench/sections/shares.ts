/** Pixels that weigh the share of them a parcel covers, against exactextract; and the pixels of other rules. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson, runMeasured } from '../child.js';
import { type Ground, nodeProgram, pythonProgram } from '../ground.js';
import { median, medianOf, number } from '../report.js';

interface Measured {
  readonly parcels: number;
  readonly cpu: number;
  readonly rasterising?: number;
}

/** Parcels that exactextract is timed on: every so-manyth of the set. */
const SAMPLE = 20_000;
/** What `fraction` is to reach against exactextract, and what it aims at. */
const AT_LEAST = 25;
const AIM = 40;
/** Pixels of the side of the raster that the odd parcels lie on: shares_peer.py's SIZE. */
const ODD_SIZE = 1024;

export async function shares(bench: Bench, ground: Ground, count: number): Promise<void> {
  const { options, peers, report, say } = bench;
  const every = Math.max(1, Math.floor(count / (options.quick ? SAMPLE / 10 : SAMPLE)));
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 0; round < options.repeats; round++) {
    say('shares: parcelwise and exactextract');
    ours.push(await measure(ground, count, 'fraction'));
    const program = [pythonProgram('zonal_peer.py'), 'exactextract', ground.folder, count, every];
    theirs.push(await runForJson<Measured>(peers.python, program.map(String)));
  }
  const rate = (of: readonly Measured[]): number => medianOf(of, ({ parcels, cpu }) => parcels / cpu);
  const faster = rate(ours) / rate(theirs);
  const building = median(ours.map(({ cpu, rasterising = 0 }) => rasterising / cpu));
  const cached = median(ours.map(({ parcels, cpu, rasterising = 0 }) => parcels / (cpu - rasterising)));
  report.section('Shares of pixels');
  report.paragraph(
    `The rule \`fraction\`: the eight statistics of exactextract, as it defines them, of ${count.toLocaleString('en')} parcels ` +
      `in B04 on one core, and of every ${every}th of them by exactextract. Medians of ${options.repeats}, run in turns.`,
  );
  report.table(
    ['program', 'parcels per CPU second', 'against exactextract'],
    [
      ['parcelwise, coverage built', number(rate(ours)), `${number(faster)} x`],
      ['parcelwise, coverage on disk', number(cached), `${number(cached / rate(theirs))} x`],
      ['exactextract', number(rate(theirs)), '1.00 x'],
    ],
  );
  if (faster < AIM)
    report.paragraph(
      `What stands in the way of ${AIM} x, the aim: building the coverage takes ${number(100 * building)} % of the time, half of ` +
        `it in the kernel (each edge through each pixel it crosses), a third to put the shares into fresh memory, first a ` +
        `batch's, then all in one buffer; and measuring waits for each parcel's shares to come from memory.`,
    );
  report.target({
    what: "shares of pixels against exactextract's",
    unit: ' x',
    measured: faster,
    atLeast: AT_LEAST,
  });
  await compareOddOnes(bench);
}

function measure(ground: Ground, count: number, rule: string, ...out: string[]): Promise<Measured> {
  const args = [ground.folder, ground.size, count, 1, 'B04', rule].map(String);
  return runForJson<Measured>(process.execPath, [nodeProgram('zonal-ours'), ...args, ...out]);
}

/** Parcels of odd kinds, number by number. */
async function compareOddOnes({ options, folder, peers, report, say }: Bench): Promise<void> {
  const count = options.quick ? 2000 : 20_000;
  const ground = { folder: join(folder, 'odd-shares'), size: ODD_SIZE };
  const python = (...args: (string | number)[]) =>
    runMeasured(peers.python, [pythonProgram('shares_peer.py'), ...args.map(String)]);
  if (!existsSync(join(ground.folder, `parcels-${count}.wkb`))) {
    mkdirSync(ground.folder, { recursive: true });
    await python('make', ground.folder, count);
  }
  const compare = async (rule: string, peer: string): Promise<Differences> => {
    say(`shares: ${count} odd parcels by the rule ${rule} and ${peer}`);
    const files = { ours: join(ground.folder, `${rule}.f64`), theirs: join(ground.folder, `${peer}.f64`) };
    await measure(ground, count, rule, files.ours);
    await python(peer, ground.folder, count, files.theirs);
    return differences(doubles(files.ours), doubles(files.theirs));
  };
  const exactextract = await compare('fraction', 'exactextract');
  const exact = await compare('fraction', 'exact');
  const touched = await compare('touched', 'touched');
  const told = ({ compared, extremes, largest }: Differences): string =>
    `${largest.toExponential(1)}, and of ${compared.toLocaleString('en')} with pixels ${extremes} have another minimum or maximum`;
  report.paragraph(
    `${count.toLocaleString('en')} parcels of odd kinds (holes, slivers, several parts that overlap or not, over the edge, below a ` +
      `pixel, along the borders of pixels), all eight statistics of each: the largest relative difference of any number from exactextract, which keeps shares in ` +
      `float32, is ${told(exactextract)}; from the definitions in double precision ${told(exact)}. By the rule \`touched\` it is ` +
      `${told(touched)} than rasterstats with all_touched finds.`,
  );
  report.target({
    what: 'shares: off exactextract by',
    unit: '',
    measured: exactextract.largest,
    atMost: 1e-6,
  });
  report.target({ what: 'shares: off the definitions by', unit: '', measured: exact.largest, atMost: 1e-9 });
  report.target({
    what: 'shares: parcels with another minimum or maximum than exactextract or the definitions',
    unit: '',
    measured: exactextract.extremes + exact.extremes,
    atMost: 0,
  });
  report.target({ what: "touched: off GDAL's by", unit: '', measured: touched.largest, atMost: 1e-12 });
}

interface Differences {
  /** Parcels that have pixels by one side at least. */
  readonly compared: number;
  /** Of any number but the smallest and largest pixel, relative to it, or to 1 where it is less; counts relative to themselves. */
  readonly largest: number;
  /** Parcels whose smallest or largest pixel is another. */
  readonly extremes: number;
}

function differences(a: Float64Array, b: Float64Array): Differences {
  let largest = 0;
  let extremes = 0;
  let compared = 0;
  for (let at = 0; at < b.length; at += 8) {
    if (a[at] === 0 && b[at] === 0) continue;
    compared++;
    if (a[at + 3] !== b[at + 3] || a[at + 4] !== b[at + 4]) extremes++;
    for (const which of [0, 1, 2, 5, 6, 7]) {
      const [value, other] = [a[at + which]!, b[at + which]!];
      const difference = Math.abs(value - other) / (which === 0 ? other : Math.max(1, other));
      largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
    }
  }
  return { compared, largest, extremes };
}

function doubles(file: string): Float64Array {
  const bytes = readFileSync(file);
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
}
