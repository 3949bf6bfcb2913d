/** Decoding of a full B04: parcelwise's kernel against OpenJPEG, native and as WASM, on one thread and on two. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runForJson, runMeasured } from '../child.js';
import { countDecisions } from '../decisions.js';
import { image, makeGround, nodeProgram, pythonProgram } from '../ground.js';
import { clockRate } from '../machine.js';
import { median, medianOf, number } from '../report.js';
import { wanted } from './wanted.js';

interface Decoded {
  readonly wall: number;
  readonly cpu: number;
  /** Of the pixels; the program that writes a file instead has none. */
  readonly sha256?: string;
}

interface Decoder {
  readonly name: string;
  readonly threads: number;
  readonly run: () => Promise<Decoded>;
  readonly results: Decoded[];
}

/** Of so many code-blocks one is decoded once more, slowly, to count decisions: some 300 of a full tile. */
const COUNTED_OF = 100;

const OURS = 'parcelwise';
const GDAL = "GDAL (OpenJPEG's library)";

export async function decode(bench: Bench): Promise<void> {
  const { report, options, say } = bench;
  const ground = await makeGround(bench, options.size, []);
  const path = image(ground, 'B04');
  const decoders = [1, 2].flatMap((threads) => decodersOf(bench, path, threads));
  const clocks: number[] = [];
  for (let round = 0; round < options.repeats; round++) {
    clocks.push(clockRate());
    for (const decoder of decoders) {
      say(`decode: ${decoder.name}, ${decoder.threads} thread(s)`);
      decoder.results.push(await decoder.run());
    }
  }
  const hashes = new Set(decoders.flatMap(({ results }) => results.flatMap(({ sha256 }) => sha256 ?? [])));

  report.section('Decoding');
  report.paragraph(
    `B04 of ${ground.size} x ${ground.size} pixels, lossless, 15 bits, tiles of 1024. Medians of ${options.repeats}, run in turns. ` +
      (hashes.size === 1
        ? 'All programs give the same pixels.'
        : '**The programs do not give the same pixels.**'),
  );
  const native = nativeCpu(decoders);
  say('decode: counting decisions');
  const decisions = countDecisions(path, COUNTED_OF);
  const clock = median(clocks);
  report.paragraph(
    `The arithmetic (MQ) decoder makes ${number(decisions.all / 1e6)} million binary decisions for it, counted on ` +
      `${decisions.countedBlocks} code-blocks. Cycles a decision are CPU seconds, the wavelet's and all others' included, ` +
      `by the processor's clock of ${number(clock / 1e9)} GHz, measured beside the runs.`,
  );
  report.table(
    ['program', 'threads', 'CPU s', 'wall s', 'CPU against native OpenJPEG', 'cycles a decision'],
    decoders.map(({ name, threads, results }) => {
      const cpu = medianOf(results, (one) => one.cpu);
      const wall = medianOf(results, (one) => one.wall);
      const cycles = (cpu * clock) / decisions.all;
      return [name, threads, number(cpu), number(wall), number(cpu / native), number(cycles)];
    }),
  );
  const [one, two] = [1, 2].map((threads) =>
    decoders.find((each) => each.name === OURS && each.threads === threads),
  );
  report.target({
    what: 'decode: CPU against native OpenJPEG',
    unit: ' x',
    measured: medianOf(one!.results, ({ cpu }) => cpu) / native,
    atMost: 0.8,
  });
  report.target({
    what: 'decode: 2 threads faster than 1',
    unit: ' x',
    // Of neighbours in time, since a shared machine is not equally fast all day.
    measured: median(one!.results.map(({ wall }, round) => wall / two!.results[round]!.wall)),
    atLeast: 1.85,
  });
  await wanted(bench);
}

function decodersOf({ peers, folder }: Bench, path: string, threads: number): Decoder[] {
  const { opjDecompress } = peers;
  const node = (program: string) => () =>
    runForJson<Decoded>(process.execPath, [nodeProgram(program), String(threads), path]);
  const decoders: Decoder[] = [
    { name: OURS, threads, run: node('decode-ours'), results: [] },
    {
      name: GDAL,
      threads,
      run: () => runForJson<Decoded>(peers.python, [pythonProgram('decode_gdal.py'), path, String(threads)]),
      results: [],
    },
    { name: "OpenJPEG's WASM (codec-openjpeg), by tiles", threads, run: node('decode-codec'), results: [] },
  ];
  if (opjDecompress !== undefined) {
    const raw = join(folder, 'opj.raw');
    const run = async (): Promise<Decoded> => {
      const args = ['-i', path, '-o', raw, '-threads', String(threads)];
      const { wall, cpu } = await runMeasured(opjDecompress, args);
      rmSync(raw);
      return { wall, cpu };
    };
    decoders.push({ name: 'opj_decompress (writes a file)', threads, run, results: [] });
  }
  return decoders;
}

/** The better of the native programs on one thread. */
function nativeCpu(decoders: readonly Decoder[]): number {
  const native = decoders.filter(
    ({ name, threads }) => threads === 1 && (name === GDAL || name.startsWith('opj')),
  );
  return Math.min(...native.map(({ results }) => medianOf(results, (one) => one.cpu)));
}
