/** Whole scenes from S3 to the last row: parcelwise through Temporal against CbM's procedure. */
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import { type Ground, image, makeGround, nodeProgram, pythonProgram, scratchFolder } from '../ground.js';
import { startServers, type Servers } from '../product/servers.js';
import { openSite, type Site } from '../product/site.js';
import { type Campaign, cpuOf, WorkerProcess } from '../product/worker-process.js';
import { megabytes, median, medianOf, number } from '../report.js';
import { compareRows } from './compare-rows.js';

interface CbmRun {
  readonly parcels: number;
  readonly fixedWall: number;
  readonly parcelsWall: number;
  readonly peak: number;
  /** Wall seconds for all parcels: measured, or the sample's scaled up. */
  readonly wall: number;
}

interface Round {
  readonly first: Campaign;
  readonly second: Campaign;
  readonly decoding: { readonly wall: number; readonly cpu: number };
  readonly cbm: CbmRun;
  readonly rows: string;
}

/** What is aimed at with 300,000 parcels. */
const FIRST_TARGET = 60;
const SECOND_TARGET = 80;
const DECODING_TARGET = 1.25;
const THREADS = 2;

export async function scene(bench: Bench): Promise<void> {
  const { options, report } = bench;
  const ground = await makeGround(bench, options.size, options.parcels);
  const servers = await startServers(bench);
  try {
    report.section('Whole scenes, from S3 to the last row');
    for (const parcels of options.parcels) {
      const rounds: Round[] = [];
      for (let round = 0; round < options.repeats; round++)
        rounds.push(await measure(bench, servers, ground, parcels, rounds));
      describe(bench, parcels, rounds);
    }
  } finally {
    await servers.stop();
  }
}

async function measure(
  bench: Bench,
  servers: Servers,
  ground: Ground,
  parcels: number,
  earlier: readonly Round[],
): Promise<Round> {
  const { say } = bench;
  const round = earlier.length;
  const site = await openSite(servers, scratchFolder(bench, 'site'), ground, parcels, 2);
  try {
    say(`scene: ${parcels} parcels, parcelwise, round ${round + 1}`);
    const worker = await WorkerProcess.start(site);
    const [first, second] = [await worker.scene(1), await worker.scene(2)];
    await worker.stop();
    say('scene: decoding alone');
    const images = (['B04', 'B08', 'SCL'] as const).map((band) => image(ground, band));
    const decoding = await runForJson<Round['decoding']>(process.execPath, [
      nodeProgram('decode-ours'),
      String(THREADS),
      ...images,
    ]);
    // In full it takes as long as fifty rounds of ours.
    if (earlier[0] && isInFull(bench, parcels)) return { ...earlier[0], first, second, decoding };
    say("scene: CbM's procedure");
    const cbm = await measureCbm(bench, site, parcels);
    return { first, second, decoding, cbm, rows: await compareRows(site.pool, 2) };
  } finally {
    await site.close();
  }
}

/** On all parcels where there are few or when asked to; else on a sample, its time for parcels scaled up. */
async function measureCbm(bench: Bench, { folder }: Site, parcels: number): Promise<CbmRun> {
  const { options, peers } = bench;
  const every = isInFull(bench, parcels) ? 1 : Math.floor(parcels / options.cbmSample);
  const cbm = await runForJson<Omit<CbmRun, 'wall'>>(peers.python, [
    pythonProgram('cbm_procedure.py'),
    join(folder, 'db_config.json'),
    join(folder, 's3_config.json'),
    '2',
    'cbm_sigs',
    'cbm_hists',
    '--every',
    String(every),
  ]);
  return { ...cbm, wall: cbm.fixedWall + cbm.parcelsWall * (parcels / cbm.parcels) };
}

function isInFull({ options }: Bench, parcels: number): boolean {
  return options.fullCbm || parcels <= 4 * options.cbmSample;
}

function describe({ report }: Bench, parcels: number, rounds: readonly Round[]): void {
  const main = parcels >= 300_000;
  const cbm = medianOf(rounds, (round) => round.cbm.wall);
  const first = rounds[0]!.cbm;
  const sample = first.parcels;
  const ratio = (pick: (round: Round) => Campaign): number =>
    median(rounds.map((round) => round.cbm.wall / pick(round).wall));
  const decoding = median(rounds.map((round) => round.second.scenes / round.decoding.wall));
  const count = parcels.toLocaleString('en');
  const row = (name: string, pick: (round: Round) => Campaign): (string | number)[] => [
    name,
    number(medianOf(rounds, (round) => pick(round).wall)),
    number(medianOf(rounds, (round) => pick(round).scenes)),
    number(medianOf(rounds, (round) => pick(round).cpu.worker ?? NaN)),
    number(medianOf(rounds, (round) => pick(round).cpu.PostgreSQL ?? NaN)),
    number(
      medianOf(rounds, (round) => (pick(round).cpu.Temporal ?? 0) + (pick(round).cpu['S3 gateway'] ?? 0)),
    ),
    megabytes(medianOf(rounds, (round) => pick(round).peakBytes)),
    `${number(ratio(pick))} x`,
  ];
  report.paragraph(
    `**${count} parcels**, B04, B08 and SCL with its histograms. Each round has a fresh database, a fresh coverage cache ` +
      `and a fresh worker. "Command" is \`parcelwise campaign run\` from start to end, "scene" from claim to mark. ` +
      `Medians of ${rounds.length}, run in turns.`,
  );
  report.table(
    [
      '',
      'command, wall s',
      'scene, wall s',
      'worker CPU s',
      'PostgreSQL CPU s',
      'Temporal, S3 CPU s',
      'worker peak',
      "faster than CbM's scripts",
    ],
    [
      row("parcelwise, a tile's first scene", (round) => round.first),
      row("parcelwise, a tile's second scene", (round) => round.second),
      [
        'decoding alone, 2 threads',
        number(medianOf(rounds, (round) => round.decoding.wall)),
        '',
        number(medianOf(rounds, (round) => round.decoding.cpu)),
        '',
        '',
        '',
        '',
      ],
      [
        "CbM's procedure",
        number(cbm),
        '',
        '',
        '',
        '',
        megabytes(medianOf(rounds, (round) => round.cbm.peak)),
        '1',
      ],
    ],
  );
  report.paragraph(
    (sample < parcels / 2
      ? `CbM's procedure was **measured on one parcel in ${Math.round(parcels / sample)}** (${sample.toLocaleString('en')}: ` +
        `${number(medianOf(rounds, (round) => round.cbm.fixedWall))} s for downloading and decoding, ` +
        `${number(medianOf(rounds, (round) => round.cbm.parcelsWall))} s for the parcels) and the parcels' time scaled up to ${count}. `
      : `CbM's procedure was measured once, on all parcels: ${number(first.fixedWall)} s for downloading and decoding, ` +
        `${number(first.parcelsWall)} s for the parcels. `) + rounds[0]!.rows,
  );
  report.paragraph(limit(rounds, cbm));
  if (!main) return;
  report.target({
    what: `${count} parcels, a tile's first scene, against CbM's scripts`,
    unit: ' x',
    measured: ratio((round) => round.first),
    atLeast: FIRST_TARGET,
  });
  report.target({
    what: `${count} parcels, a tile's second scene, against CbM's scripts`,
    unit: ' x',
    measured: ratio((round) => round.second),
    atLeast: SECOND_TARGET,
  });
  report.target({
    what: `${count} parcels, second scene against decoding alone`,
    unit: ' x',
    measured: decoding,
    atMost: DECODING_TARGET,
  });
  report.target({
    what: `${count} parcels, memory of the worker after two scenes`,
    unit: ' GB',
    measured: medianOf(rounds, (round) => round.second.peakBytes) / 1e9,
    atMost: 1.5,
  });
}

/** What no faster start, end or overlap could change: the CPU that a tile's second scene takes. */
function limit(rounds: readonly Round[], cbm: number): string {
  const used = medianOf(rounds, ({ second }) => cpuOf(second));
  const decoding = medianOf(rounds, (round) => round.decoding.cpu);
  const least = used / THREADS;
  const against = medianOf(rounds, (round) => round.decoding.wall);
  return (
    `**The limit**: worker and servers use ${number(used)} s of CPU for a tile's second scene, decoding alone ${number(decoding)} s. ` +
    `Were neither core ever idle, the scene would take ${number(least)} s, which is ${number(least / against)} x the time of decoding ` +
    `alone, and ${number(cbm / least)} x faster than CbM's scripts.`
  );
}
