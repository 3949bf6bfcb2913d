/** Clouds over a part of the tile, where parcels without a clear pixel are left out (`skip_cloudy`). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMeasured } from '../child.js';
import { type GroundBand, pythonProgram } from '../ground.js';
import { withTileLengths } from '../tile-lengths.js';
import { aim, type Beside, COLUMNS, keepFigures, row } from './allowed.js';
import { type ImageOf, oracleOf } from './oracle.js';
import { ScenesInTurn, type Sparse } from './scenes-in-turn.js';
import { readTiles } from './tiled-image.js';

const SHARES = [30, 60, 90];
/** Patches of some km, of some ten km, and of all sizes. */
const KINDS = ['small', 'large', 'mixed'] as const;
/** Read without TLM, too. */
const CHAINED = 'mixed';

interface Sky {
  /** Of all parcels. */
  readonly cloudyParcels: number;
  /** The numbers of the tiles that hold pixels of any other parcel; of the class map, of any parcel. */
  readonly tiles: Readonly<Record<GroundBand, readonly number[]>>;
}

export async function clouds(sparse: Sparse): Promise<void> {
  const { options, report, ground, peers } = sparse;
  const parcels = options.parcels.at(-1)!;
  await runMeasured(peers.python, [pythonProgram('make_clouds.py'), ground.folder, String(parcels)]);
  const file = join(ground.folder, `clouds-${parcels}.json`);
  const skies = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Sky>>;
  const cases = SHARES.flatMap((share) => KINDS.map((kind) => ({ share, kind, name: `${kind}-${share}` })));
  const isListed = ({ kind }: (typeof cases)[number]): boolean[] =>
    kind === CHAINED ? [true, false] : [true];
  const scenes = cases.flatMap((one) => isListed(one).map((listed) => imagesUnder(sparse, one.name, listed)));
  const runs = await ScenesInTurn.open(sparse, parcels, [sparse.images(true), ...scenes], {
    args: { skip_cloudy: true },
  });
  try {
    await runs.warm();
    const decodingAll = await sparse.decodingSeconds();
    const listed = new Map<number, Beside[]>();
    const chained: Beside[] = [];
    for (const one of cases)
      for (const isWithTlm of isListed(one)) {
        sparse.say(`sparse: clouds over ${one.share} %, ${one.kind}, ${isWithTlm ? 'with' : 'without'} TLM`);
        const imageOf = imagesUnder(sparse, one.name, isWithTlm);
        const oracle = oracleUnder(imageOf, skies[one.name]!);
        const taken = await runs.measured();
        const beside = { ...taken, oracle, decoding: oracle.decodingShare * decodingAll };
        if (isWithTlm) listed.set(one.share, [...(listed.get(one.share) ?? []), beside]);
        else chained.push(beside);
        sparse.say(`sparse: ${(taken.bytes / oracle.bytes).toFixed(3)} x the oracle's ${oracle.tiles} tiles`);
      }
    report.paragraph(
      `**Clouds with \`skip_cloudy\`**, ${parcels.toLocaleString('en')} parcels on all of the tile. Smooth noise above a threshold is cloud: with ` +
        'patches of some km, of some ten km, and of all sizes. The oracle knows which parcels have a clear pixel, and fetches the ' +
        'headers, the class map and the tiles that hold pixels of these. Medians of the three kinds.',
    );
    report.table(
      ['parcels without a clear pixel', ...KINDS.map((kind) => `${kind} patches`)],
      SHARES.map((share) => [
        `clouds over ${share} %`,
        ...KINDS.map((kind) => `${(100 * skies[`${kind}-${share}`]!.cloudyParcels).toFixed(0)} %`),
      ]),
    );
    report.table(COLUMNS, [
      ...SHARES.map((share) => row(`clouds over ${share} %, with TLM`, listed.get(share)!)),
      ...chained.map((one, i) => row(`clouds over ${SHARES[i]!} %, ${CHAINED}, without`, [one])),
    ]);
    for (const share of SHARES) {
      aim(sparse, `clouds over ${share} %, with TLM`, listed.get(share)!, 1.1);
      keepFigures(report, `clouds${share}`, listed.get(share)!);
    }
  } finally {
    await runs.close();
  }
}

function imagesUnder({ ground, images }: Sparse, sky: string, isListed: boolean): ImageOf {
  return (band) => {
    if (band !== 'SCL') return images(isListed)(band);
    const plain = join(ground.folder, `SCL-${sky}.jp2`);
    if (!isListed) return plain;
    const listed = join(ground.folder, `SCL-${sky}-tlm.jp2`);
    if (!existsSync(listed)) writeFileSync(listed, withTileLengths(readFileSync(plain)));
    return listed;
  };
}

function oracleUnder(imageOf: ImageOf, { tiles }: Sky): ReturnType<typeof oracleOf> {
  const isNeeded = new Map(
    (['B04', 'B08', 'SCL'] as const).map((band) => {
      const all = readTiles(imageOf(band)).tiles;
      return [band, new Set(tiles[band].map((number) => `${all[number]!.column} ${all[number]!.row}`))];
    }),
  );
  return oracleOf(imageOf, (band, { column, row: top }) => isNeeded.get(band)!.has(`${column} ${top}`));
}
