/** What clear rows, an index and an inner buffer cost on top of CbM's plain rows, scene by scene through Temporal. */
import type { Bench } from '../bench.js';
import { type Ground, makeGround, scratchFolder } from '../ground.js';
import { type Servers, startServers } from '../product/servers.js';
import { openSite, type Site, type SiteOptions } from '../product/site.js';
import { type Campaign, cpuOf, WorkerProcess } from '../product/worker-process.js';
import { megabytes, median, medianOf, number } from '../report.js';

interface Extraction {
  readonly name: string;
  readonly options: SiteOptions;
}

interface Measured {
  readonly first: Campaign;
  readonly second: Campaign;
  /** Of one scene, in both tables. */
  readonly rows: number;
}

type Round = ReadonlyMap<Extraction, Measured>;

const PLAIN: Extraction = { name: 'plain: B04, B08, SC', options: {} };
const CLEAR: Extraction = {
  name: 'NDVI too, and clear rows',
  options: { clear: true, args: { bands: ['B04', 'B08', 'SC', 'NDVI'] } },
};
const BUFFERED: Extraction = { name: 'inner buffer of 5 m', options: { args: { inner_buffer_m: 5 } } };

export async function layers(bench: Bench): Promise<void> {
  const { options, report } = bench;
  const parcels = options.parcels.at(-1)!;
  const ground = await makeGround(bench, options.size, [parcels]);
  const before: Extraction | undefined =
    options.before === undefined
      ? undefined
      : { name: 'plain, the checkout before', options: { checkout: options.before } };
  const extractions = [PLAIN, CLEAR, BUFFERED, ...(before ? [before] : [])];
  const servers = await startServers(bench);
  try {
    report.section('Clear rows, an index, an inner buffer');
    const rounds: Round[] = [];
    for (let round = 0; round < options.repeats; round++)
      rounds.push(await measureAll(bench, servers, ground, parcels, extractions, round));
    describe(bench, parcels, extractions, rounds);
    if (before) compareWithBefore(bench, parcels, before, rounds);
  } finally {
    await servers.stop();
  }
}

/** In turns that begin with another extraction in each round: what ran just before is then none's lot. */
async function measureAll(
  bench: Bench,
  servers: Servers,
  ground: Ground,
  parcels: number,
  extractions: readonly Extraction[],
  round: number,
): Promise<Round> {
  const measured = new Map<Extraction, Measured>();
  for (let turn = 0; turn < extractions.length; turn++) {
    const extraction = extractions[(round + turn) % extractions.length]!;
    const { name, options } = extraction;
    bench.say(`layers: ${parcels} parcels, ${name}, round ${round + 1}`);
    const site = await openSite(servers, scratchFolder(bench, 'site'), ground, parcels, 2, options);
    try {
      measured.set(extraction, await measure(site, options.clear === true));
    } finally {
      await site.close();
    }
  }
  return measured;
}

async function measure(site: Site, hasClear: boolean): Promise<Measured> {
  const worker = await WorkerProcess.start(site);
  try {
    const [first, second] = [await worker.scene(1), await worker.scene(2)];
    const rows = (await rowsOf(site, 'sigs')) + (hasClear ? await rowsOf(site, 'clear_sigs') : 0);
    return { first, second, rows };
  } finally {
    await worker.stop();
  }
}

async function rowsOf({ pool }: Site, table: 'sigs' | 'clear_sigs'): Promise<number> {
  const { rows } = await pool.query<{ rows: number }>(
    `SELECT count(*)::int AS rows FROM ${table} WHERE obsid = 2`,
  );
  return rows[0]!.rows;
}

function describe(
  { report }: Bench,
  parcels: number,
  extractions: readonly Extraction[],
  rounds: readonly Round[],
): void {
  const ofAll = (which: Extraction, pick: (one: Measured) => number): number =>
    medianOf(rounds, (round) => pick(round.get(which)!));
  const count = parcels.toLocaleString('en');
  report.paragraph(
    `**${count} parcels**, and histograms of SC. Each has a fresh database, a fresh coverage cache and a fresh worker, and ` +
      `takes a tile's first scene and then its second, from claim to mark. Medians of ${rounds.length}, run in turns; ` +
      `ratios to the plain scene are taken within a round. CPU is that of the worker and of PostgreSQL, Temporal and the S3 gateway.`,
  );
  report.table(
    [
      '',
      'rows a scene',
      ...['first scene, wall s', 'CPU s', 'ratio', 'second, wall s', 'worker CPU s', 'PostgreSQL CPU s'],
      ...['ratio', 'ratio of CPU', 'worker peak'],
    ],
    extractions.map((which) => [
      which.name,
      ofAll(which, ({ rows }) => rows).toLocaleString('en'),
      number(ofAll(which, ({ first }) => first.scenes)),
      number(ofAll(which, ({ first }) => cpuOf(first))),
      `${number(ratio(rounds, which, ({ first }) => first.scenes))} x`,
      number(ofAll(which, ({ second }) => second.scenes)),
      number(ofAll(which, ({ second }) => second.cpu.worker ?? NaN)),
      number(ofAll(which, ({ second }) => second.cpu.PostgreSQL ?? NaN)),
      `${number(ratio(rounds, which, ({ second }) => second.scenes))} x`,
      `${number(ratio(rounds, which, ({ second }) => cpuOf(second)))} x`,
      megabytes(ofAll(which, ({ second }) => second.peakBytes)),
    ]),
  );
  report.target({
    what: `${count} parcels, second scene with NDVI and clear rows against the plain one`,
    unit: ' x',
    measured: ratio(rounds, CLEAR, ({ second }) => second.scenes),
    atMost: 1.25,
  });
  report.target({
    what: `${count} parcels, memory of the worker with NDVI and clear rows`,
    unit: ' GB',
    measured: ofAll(CLEAR, ({ second }) => second.peakBytes) / 1e9,
    atMost: 1.6,
  });
  report.target({
    what: `${count} parcels, first scene with an inner buffer against the plain one`,
    unit: ' x',
    measured: ratio(rounds, BUFFERED, ({ first }) => first.scenes),
    atMost: 1.5,
  });
}

function compareWithBefore(
  { report }: Bench,
  parcels: number,
  before: Extraction,
  rounds: readonly Round[],
): void {
  report.target({
    what: `${parcels.toLocaleString('en')} parcels, plain second scene against the checkout before, CPU`,
    unit: ' x',
    measured: 1 / ratio(rounds, before, ({ second }) => cpuOf(second)),
    // What two runs of the same program differ by.
    atMost: 1.03,
  });
}

/** The median of the rounds' ratios of an extraction to the plain one. */
function ratio(rounds: readonly Round[], which: Extraction, pick: (one: Measured) => number): number {
  return median(rounds.map((round) => pick(round.get(which)!) / pick(round.get(PLAIN)!)));
}
