/** An area of interest that is a part of the tile, at nine places. */
import { aim, type Beside, COLUMNS, keepFigures, row } from './allowed.js';
import { oracleOf, tilesOfArea } from './oracle.js';
import { ScenesInTurn, type Sparse, type Square } from './scenes-in-turn.js';

interface Area {
  readonly name: string;
  readonly side: number;
}

const AREAS: readonly Area[] = [
  { name: 'AOI of a quarter', side: 0.5 },
  { name: 'AOI of 5 %', side: Math.sqrt(0.05) },
];

/** In the order in which they are measured. */
const [CENTRE, CORNERS, EDGES] = [
  [0.5, 0.5] as const,
  [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
  ] as const,
  [
    [0.5, 0],
    [0, 0.5],
    [1, 0.5],
    [0.5, 1],
  ] as const,
];
const PLACES: readonly Square['at'][] = [CENTRE, ...CORNERS, ...EDGES];
/** Where files without TLM are read, too: the chain to the first corner is short, to the other it goes through all tiles. */
const CHAINED = PLACES.slice(0, 3);

export async function areas(sparse: Sparse): Promise<void> {
  const { options, report } = sparse;
  const parcels = options.parcels.at(-1)!;
  const places = PLACES.slice(0, options.places);
  const scenes = AREAS.flatMap(() => places.flatMap(imagesAt(sparse)));
  const runs = await ScenesInTurn.open(sparse, parcels, scenes);
  try {
    report.paragraph(
      `**An area of interest that is a part of the tile**, ${parcels.toLocaleString('en')} parcels on all of it. The oracle fetches the ` +
        'headers, the tiles that the area and its kilometre meet, and those that parcels at its edge reach into; its decoding is ' +
        "theirs by their bytes. Medians of the places; what a scene is allowed is 1.15 of the slower of line and decoding, and half a second. A tile's second scene.",
    );
    const rows = [];
    for (const area of AREAS) {
      const decodingAll = await sparse.decodingSeconds();
      const measured = await measureAll(sparse, runs, area, places, decodingAll);
      rows.push(
        row(`${area.name}, with TLM`, measured.listed),
        row(`${area.name}, without`, measured.chained),
      );
      tell(sparse, area, measured);
    }
    report.table(COLUMNS, rows);
  } finally {
    await runs.close();
  }
}

interface Measured {
  readonly listed: readonly Beside[];
  readonly chained: readonly Beside[];
}

function imagesAt({ images }: Sparse): (place: Square['at']) => ReturnType<Sparse['images']>[] {
  return (place) => [images(true), images(true), ...(CHAINED.includes(place) ? [images(false)] : [])];
}

async function measureAll(
  sparse: Sparse,
  runs: ScenesInTurn,
  { name, side }: Area,
  places: readonly Square['at'][],
  decodingAll: number,
): Promise<Measured> {
  const [listed, chained]: [Beside[], Beside[]] = [[], []];
  for (const at of places) {
    sparse.say(`sparse: ${name} at ${at.join(', ')}`);
    await runs.drawArea({ side, at });
    await runs.warm();
    for (const isListed of CHAINED.includes(at) ? [true, false] : [true]) {
      const taken = await runs.measured();
      const imageOf = sparse.images(isListed);
      const oracle = oracleOf(imageOf, await tilesOfArea(runs.site, sparse.ground, imageOf));
      (isListed ? listed : chained).push({ ...taken, oracle, decoding: oracle.decodingShare * decodingAll });
      sparse.say(`sparse: ${(taken.bytes / oracle.bytes).toFixed(3)} x the oracle's ${oracle.tiles} tiles`);
    }
  }
  return { listed, chained };
}

function tell(sparse: Sparse, { name, side }: Area, { listed, chained }: Measured): void {
  const { report } = sparse;
  aim(sparse, `${name}, with TLM`, listed, 1.02);
  report.target({
    what: `${name}, without TLM: bytes against whole objects, the worst place`,
    unit: ' x',
    measured: Math.max(...chained.map(({ bytes, oracle }) => bytes / oracle.wholeBytes)),
    // Headers are asked for first.
    atMost: 1.001,
  });
  keepFigures(report, side === 0.5 ? 'quarter' : 'twentieth', listed);
}
