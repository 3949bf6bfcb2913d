/** Statistics of parcels with the raster in memory, against the peers; and windows of files, against GDAL. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import { type Ground, makeGround, nodeProgram, pythonProgram } from '../ground.js';
import { median, medianOf, number } from '../report.js';
import { shares } from './shares.js';
import { windows } from './windows.js';

interface Measured {
  readonly parcels: number;
  readonly cpu: number;
  readonly wall: number;
  readonly rasterising?: number;
}

interface Peer {
  readonly name: string;
  readonly semantics: string;
  readonly run: () => Promise<Measured>;
  readonly results: Measured[];
}

/** Parcels that the slower peers are measured on: every so-manyth of the set. */
const SAMPLE = { rasterstats: 4_000, exactextract: 20_000, oxidized: 20_000 };

export async function zonal(bench: Bench): Promise<void> {
  const { options, report, say } = bench;
  const count = options.parcels.at(-1)!;
  const ground = await makeGround(bench, options.size, [count]);
  const peers = peersOf(bench, ground, count);
  for (let round = 0; round < options.repeats; round++) {
    for (const peer of peers) {
      say(`zonal: ${peer.name}`);
      peer.results.push(await peer.run());
    }
  }

  report.section('Statistics with the raster in memory');
  report.paragraph(
    `Count, mean, std, min, max and quartiles of ${count.toLocaleString('en')} parcels in B04, on one core; slower peers take ` +
      `every so-manyth of them. Pixels and geometries are in memory before the clock starts; rasterising counts. ` +
      `Medians of ${options.repeats}, run in turns, each time in a new process.`,
  );
  const rate = (peer: Peer): number => medianOf(peer.results, ({ parcels, cpu }) => parcels / cpu);
  const ours = peers[0]!;
  report.table(
    ['program', 'parcels', 'CPU s', 'parcels per CPU second', 'parcelwise is faster by', 'semantics'],
    peers.map((peer) => [
      peer.name,
      peer.results[0]!.parcels.toLocaleString('en'),
      number(medianOf(peer.results, ({ cpu }) => cpu)),
      number(rate(peer)),
      `${number(rate(ours) / rate(peer))} x`,
      peer.semantics,
    ]),
  );
  const missing = bench.peers.oxidizedPython;
  if (typeof missing !== 'string')
    report.paragraph(`oxidized-rasterstats could not be installed: ${missing.missing}`);
  report.paragraph(await compareWithRasterstats(bench, ground, count));

  const against = (name: string): number => rate(ours) / rate(peers.find((peer) => peer.name === name)!);
  report.target({
    what: 'statistics against rasterstats',
    unit: ' x',
    measured: against('rasterstats'),
    atLeast: 400,
  });
  report.target({
    what: 'statistics against exactextract',
    unit: ' x',
    measured: against('exactextract'),
    atLeast: 60,
  });
  await threeBands(bench, ground, count);
  await shares(bench, ground, count);
  await windows(bench, ground, count);
}

function peersOf({ peers, options }: Bench, ground: Ground, count: number): Peer[] {
  const python = (executable: string, peer: string, sample: number) => () =>
    runForJson<Measured>(executable, [
      pythonProgram('zonal_peer.py'),
      peer,
      ground.folder,
      String(count),
      String(everyFor(count, options.quick ? sample / 10 : sample)),
    ]);
  const peer = (name: string, semantics: string, run: Peer['run']): Peer => ({
    name,
    semantics,
    run,
    results: [],
  });
  const list = [
    peer('parcelwise', "rasterstats'", () => ours(ground, count, 1, 'B04')),
    peer('rasterstats', "rasterstats'", python(peers.python, 'rasterstats', SAMPLE.rasterstats)),
    peer('exactextract', 'shares of pixels', python(peers.python, 'exactextract', SAMPLE.exactextract)),
    peer('numpy, label image', "rasterstats', without overlaps", python(peers.python, 'labels', count * 10)),
  ];
  const { oxidizedPython } = peers;
  if (typeof oxidizedPython === 'string')
    list.push(
      peer(
        'oxidized-rasterstats',
        "rasterstats', files",
        python(oxidizedPython, 'oxidized', SAMPLE.oxidized),
      ),
    );
  return list;
}

function everyFor(count: number, sample: number): number {
  return Math.max(1, Math.floor(count / sample));
}

function ours(
  ground: Ground,
  count: number,
  every: number,
  bands: string,
  ...out: string[]
): Promise<Measured> {
  const args = [ground.folder, ground.size, count, every, bands].map(String);
  return runForJson<Measured>(process.execPath, [nodeProgram('zonal-ours'), ...args, 'centre', ...out]);
}

/** Eight numbers a parcel, ours beside rasterstats'. */
async function compareWithRasterstats(bench: Bench, ground: Ground, count: number): Promise<string> {
  const every = everyFor(count, SAMPLE.rasterstats);
  const files = { ours: join(bench.folder, 'ours.f64'), theirs: join(bench.folder, 'rasterstats.f64') };
  await ours(ground, count, every, 'B04', files.ours);
  const program = [pythonProgram('zonal_peer.py'), 'rasterstats', ground.folder, count, every, files.theirs];
  await runForJson(bench.peers.python, program.map(String));
  const [a, b] = [doubles(files.ours), doubles(files.theirs)];
  let differing = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    if (i % 8 === 0 && a[i] !== b[i]) differing++;
    const difference = Math.abs(a[i]! - b[i]!) / Math.max(1, Math.abs(b[i]!));
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return (
    `Of ${(a.length / 8).toLocaleString('en')} parcels compared with rasterstats, ${differing} have another count; ` +
    `the largest relative difference of any number is ${largest.toExponential(1)}.`
  );
}

function doubles(file: string): Float64Array {
  const bytes = readFileSync(file);
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
}

async function threeBands({ options, report, say }: Bench, ground: Ground, count: number): Promise<void> {
  const results: Measured[] = [];
  for (let round = 0; round < options.repeats; round++) {
    say('zonal: B04, B08 and SCL');
    results.push(await ours(ground, count, 1, 'B04,B08,SCL'));
  }
  const cpu = medianOf(results, (one) => one.cpu);
  const rasterising = median(results.map((one) => one.rasterising ?? NaN));
  report.paragraph(
    `B04, B08 and SCL with its histograms, ${count.toLocaleString('en')} parcels: ${number(cpu)} s of CPU, ` +
      `${number(rasterising)} s of them for rasterising on two grids.`,
  );
  report.target({
    what: `statistics of ${count.toLocaleString('en')} parcels, 3 bands, rasterising included`,
    unit: ' s of CPU',
    measured: cpu,
    atMost: 5,
  });
}
