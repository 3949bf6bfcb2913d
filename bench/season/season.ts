/** A season of a country's scenes: of each the tiles that hold parcels, and those that hold clear ones. */
import { random } from '../../demo/season/random.js';
import { BLOCK_KM, BLOCKS_ACROSS, type Country, type Resolution, type Tile, TILE_KM } from './country.js';
import { PASSES, sees, type Swath, swaths } from './passes.js';
import { type Sky, Skies } from './sky.js';

/** Sums over all scenes, areas in km². */
export interface Season {
  readonly scenes: number;
  /** That the satellite saw of the scenes' tiles. */
  readonly seen: number;
  /** Of that, in blocks that hold parcels, and in those that hold parcels with a clear pixel. */
  readonly held: number;
  readonly clear: number;
  /** Of blocks of the class map. */
  readonly classHeld: number;
  readonly observations: number;
  readonly cloudy: number;
  /** Scenes that are seen whole, and those of them without a cloud over a parcel. */
  readonly wholeScenes: number;
  readonly clearScenes: number;
  /** Scenes of which no parcel has a clear pixel. */
  readonly lostScenes: number;
}

export interface Weather {
  readonly threshold: number;
  /** Of the length of the noise's waves, see sky.ts. */
  readonly power: number;
}

/** One pass in so many is looked at, and stands for the others. */
const EVERY = 7;

export function simulate(country: Country, weather: Weather): Season {
  const sums = { ...NOTHING };
  const seen = country.tiles.map(() => new Map<Swath, Seen>());
  eachPass(weather.power, (swath, sky) => {
    const isCloudy = new Int8Array(country.x.length).fill(-1);
    country.tiles.forEach((tile, i) => {
      const area = seen[i]!.get(swath) ?? seenOf(country, tile, swath);
      seen[i]!.set(swath, area);
      if (area.parcels.length > 0) addScene(sums, tile, area, (parcel) => cloudyAt(parcel, sky, isCloudy));
    });
  });
  return scaled(sums, EVERY);

  function cloudyAt(parcel: number, sky: Sky, known: Int8Array): boolean {
    if (known[parcel] === -1)
      known[parcel] = sky.at(country.x[parcel]!, country.y[parcel]!) > weather.threshold ? 1 : 0;
    return known[parcel] === 1;
  }
}

/** The threshold under which so many of all observations are cloudy. */
export function thresholdFor(country: Country, power: number, cloudy: number): number {
  const values: number[] = [];
  eachPass(power, (swath, sky) => {
    for (let parcel = 0; parcel < country.x.length; parcel += 997) {
      const [x, y] = [country.x[parcel]!, country.y[parcel]!];
      if (sees(swath, x, y)) values.push(sky.at(x, y));
    }
  });
  return values.sort((a, b) => a - b)[Math.floor(values.length * (1 - cloudy))]!;
}

function eachPass(power: number, look: (swath: Swath, sky: Sky) => void): void {
  const skies = new Skies(random(1, 'skies'));
  swaths().forEach((swath, orbit) => {
    for (let pass = orbit % EVERY; pass < PASSES; pass += EVERY)
      look(swath, skies.pass(random(1, 'pass', orbit, pass), power));
  });
}

/** What a swath shows of a tile, the same in all its passes. */
interface Seen {
  /** Places in the tile's lists of the parcels seen. */
  readonly parcels: Int32Array;
  /** km² seen of each block of 10 m, and of 20 m. */
  readonly ten: Float64Array;
  readonly twenty: Float64Array;
  readonly isWhole: boolean;
}

function seenOf({ x, y }: Country, tile: Tile, swath: Swath): Seen {
  const parcels: number[] = [];
  tile.parcels.forEach((parcel, i) => {
    if (sees(swath, x[parcel]!, y[parcel]!)) parcels.push(i);
  });
  const ten = areas(tile, swath, 'ten');
  const all = ten.reduce((sum, one) => sum + one, 0);
  return {
    parcels: Int32Array.from(parcels),
    ...{ ten, twenty: areas(tile, swath, 'twenty') },
    isWhole: all > 0.999 * TILE_KM ** 2,
  };
}

function areas({ place }: Tile, swath: Swath, resolution: Resolution): Float64Array {
  const [side, across, fine] = [BLOCK_KM[resolution], BLOCKS_ACROSS[resolution], 8];
  return Float64Array.from({ length: across * across }, (_, block) => {
    const [blockLeft, blockTop] = [(block % across) * side, Math.floor(block / across) * side];
    const [width, height] = [Math.min(side, TILE_KM - blockLeft), Math.min(side, TILE_KM - blockTop)];
    let seen = 0;
    for (let i = 0; i < fine * fine; i++) {
      const right = blockLeft + (((i % fine) + 0.5) / fine) * width;
      const { x, y } = place(right, blockTop + ((Math.floor(i / fine) + 0.5) / fine) * height);
      if (sees(swath, x, y)) seen += 1;
    }
    return (seen / fine ** 2) * width * height;
  });
}

type Sums = { -readonly [key in keyof Season]: number };

const NOTHING: Season = {
  ...{ scenes: 0, seen: 0, held: 0, clear: 0, classHeld: 0, observations: 0, cloudy: 0 },
  ...{ wholeScenes: 0, clearScenes: 0, lostScenes: 0 },
};

function addScene(
  sums: Sums,
  tile: Tile,
  { parcels, ten, twenty, isWhole }: Seen,
  isCloudy: (parcel: number) => boolean,
): void {
  const held = new Uint8Array(ten.length);
  const clear = new Uint8Array(ten.length);
  const classHeld = new Uint8Array(twenty.length);
  let cloudy = 0;
  for (const i of parcels) {
    const block = tile.ten[i]!;
    held[block] = 1;
    classHeld[tile.twenty[i]!] = 1;
    if (isCloudy(tile.parcels[i]!)) cloudy += 1;
    else clear[block] = 1;
  }
  sums.scenes += 1;
  sums.seen += ten.reduce((sum, area) => sum + area, 0);
  sums.held += marked(ten, held);
  sums.clear += marked(ten, clear);
  sums.classHeld += marked(twenty, classHeld);
  sums.observations += parcels.length;
  sums.cloudy += cloudy;
  if (isWhole) sums.wholeScenes += 1;
  if (isWhole && cloudy === 0) sums.clearScenes += 1;
  if (cloudy === parcels.length) sums.lostScenes += 1;
}

function marked(areas: Float64Array, marks: Uint8Array): number {
  return areas.reduce((sum, area, block) => (marks[block] ? sum + area : sum), 0);
}

function scaled(sums: Sums, by: number): Season {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum * by])) as unknown as Season;
}
