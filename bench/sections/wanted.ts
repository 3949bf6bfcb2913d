/** Decoding of the tiles that parcels touch: whole, and as far as the parcels' pixels need it. */
import type { Bench } from '../bench.js';
import { runForJson } from '../child.js';
import { type GroundBand, makeGround, nodeProgram } from '../ground.js';
import { median, number } from '../report.js';

interface Pattern {
  readonly name: string;
  readonly parcels: number;
  readonly tiles: number;
  /** CPU seconds. */
  readonly whole: number;
  readonly wanted: number;
  readonly isSame: boolean;
}

const BANDS: readonly GroundBand[] = ['B04', 'SCL'];
/** Every so-manyth tile of B04 is decoded: some thirty of them. */
const EVERY = { B04: 4, B08: 4, SCL: 1 } as const;

export async function wanted(bench: Bench): Promise<void> {
  const { options, report, say } = bench;
  const parcels = options.parcels.at(-1)!;
  const ground = await makeGround(bench, options.size, [parcels]);
  const counts = options.quick ? [500, 100] : [20_000, 5_000];
  const rounds = new Map<GroundBand, Pattern[][]>(BANDS.map((band) => [band, []]));
  for (let round = 0; round < options.repeats; round++) {
    for (const band of BANDS) {
      say(`decode: what parcels need of ${band}`);
      const every = options.quick ? 1 : EVERY[band];
      const args = [ground.folder, parcels, band, counts.join(','), every].map(String);
      const program = nodeProgram('decode-wanted');
      const { patterns } = await runForJson<{ patterns: Pattern[] }>(process.execPath, [program, ...args]);
      rounds.get(band)!.push(patterns);
    }
  }
  const ratio = (band: GroundBand, at: number): number =>
    median(rounds.get(band)!.map((patterns) => patterns[at]!.wanted / patterns[at]!.whole));
  const [fine, coarse] = BANDS.map((band) => rounds.get(band)![0]!);
  const areSame = [...rounds.values()].flat(2).every(({ isSame }) => isSame);
  report.paragraph(
    '**Code-blocks that reach a parcel**: CPU of decoding tiles that parcels touch so that the pixels of parcels are right, against decoding ' +
      `them whole, on one thread in one process; medians of ${options.repeats} ratios. Parcels of the tile's set: all, some of them anywhere or ` +
      'in patches of up to some kilometres, and those with a corner outside clouds that lie over so much of the tile. ' +
      (areSame
        ? 'Pixels of parcels are the same both ways.'
        : '**Pixels of parcels are not the same both ways.**'),
  );
  report.table(
    ['parcels', 'number', 'B04 tiles decoded', 'B04', 'SCL tiles decoded', 'SCL'],
    fine!.map(({ name, parcels: chosen, tiles }, at) => [
      ...[name, chosen.toLocaleString('en'), tiles, `${number(ratio('B04', at))} x`],
      ...[coarse![at]!.tiles, `${number(ratio('SCL', at))} x`],
    ]),
  );
  report.target({
    what: 'decoding what parcels need, all parcels of a dense tile: CPU against whole tiles',
    unit: ' x',
    measured: ratio('B04', 0),
    atMost: 1.02,
  });
}
