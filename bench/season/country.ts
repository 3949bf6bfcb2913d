/**
 * A country as far as a season's reckoning needs it: where its parcels lie, which tiles of Sentinel-2 and which of their JPEG 2000
 * tiles they lie in. The plane is UTM's zone 32, in kilometres; tiles lie in the grids of zones 32 and 33, which overlap.
 */
import type { Random } from '../../demo/season/random.js';
import { fromUtm, type Place, toUtm } from './utm.js';

/** Denmark's coasts, coarse: longitude and latitude. */
const JUTLAND: Ring = [
  [8.6, 55.05],
  [9.4, 54.83],
  [9.95, 54.87],
  [9.7, 55.25],
  [9.75, 55.52],
  [10.2, 55.85],
  [10.3, 56.15],
  [10.95, 56.25],
  [10.85, 56.5],
  [10.35, 56.65],
  [10.5, 57.2],
  [10.6, 57.72],
  [9.95, 57.58],
  [9.4, 57.17],
  [8.6, 57.1],
  [8.2, 56.8],
  [8.15, 56.2],
  [8.1, 55.55],
  [8.6, 55.4],
];
const FUNEN: Ring = [
  [9.8, 55.4],
  [10.3, 55.6],
  [10.8, 55.35],
  [10.75, 55.05],
  [10.2, 55.03],
];
const ZEALAND: Ring = [
  [11.1, 55.7],
  [11.8, 55.95],
  [12.3, 56.12],
  [12.6, 56.0],
  [12.55, 55.65],
  [12.2, 55.45],
  [12.45, 55.25],
  [12.1, 54.97],
  [11.75, 55.1],
  [11.2, 55.25],
];
const LOLLAND: Ring = [
  [11.0, 54.85],
  [11.6, 54.9],
  [12.15, 54.85],
  [11.9, 54.6],
  [11.3, 54.63],
];
const BORNHOLM: Ring = [
  [14.7, 55.28],
  [15.15, 55.13],
  [15.05, 54.99],
  [14.7, 55.08],
];
const DENMARK: readonly Ring[] = [JUTLAND, FUNEN, ZEALAND, LOLLAND, BORNHOLM];

type Ring = readonly (readonly [longitude: number, latitude: number])[];

/** km² of agricultural land (FAO, 2018). */
const AGRICULTURE_KM2 = 26_320;
/** Parcels of 4.5 ha: a field of Denmark is of some such size, and one then has a cell of its own. */
const CELL_KM = 0.212;

/** Side of a tile of Sentinel-2, and from one to the next. */
export const TILE_KM = 109.8;
const TILE_STEP_KM = 100;
/** Sides of JPEG 2000 tiles of 10 m and of 20 m. */
export const BLOCK_KM = { ten: 10.24, twenty: 12.8 } as const;
export const BLOCKS_ACROSS = { ten: 11, twenty: 9 } as const;
export type Resolution = keyof typeof BLOCK_KM;

/** The corners of tiles lie 100 km apart, on whole hundreds but for the pixels that they reach beyond. */
const TILES = { left: [200, 800], top: [6000, 6500] } as const;
const ZONES = [32, 33] as const;
type Zone = (typeof ZONES)[number];
/** A tile is there in a zone where some of it lies in that zone. */
const BORDER_DEGREES = 12;

export interface Country {
  /** Middles of the parcels, km. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly tiles: readonly Tile[];
}

export interface Tile {
  /** Where a place of the tile, in km from its upper left corner, lies in the plane. */
  readonly place: (across: number, down: number) => Place;
  /** Numbers of its parcels, and the blocks of 10 m and of 20 m that each lies in. */
  readonly parcels: Int32Array;
  readonly ten: Uint8Array;
  readonly twenty: Uint8Array;
}

/** @param isWanted whether parcels count at a place of a tile, 0 to 1 across and down */
export function denmark(
  random: Random,
  isWanted: (across: number, down: number, tile: string) => boolean = () => true,
): Country {
  const land = landOf(
    DENMARK.map((ring) => ring.map(([longitude, latitude]) => toUtm(longitude, latitude, 32))),
  );
  const share = AGRICULTURE_KM2 / (land.length * CELL_KM ** 2);
  const parcels = land.filter(() => random() < share);
  const tiles: Tile[] = [];
  for (const zone of ZONES) {
    const places = zone === 32 ? parcels : parcels.map((place) => inZone(place, 32, zone));
    for (const left of steps(TILES.left))
      for (const top of steps(TILES.top)) {
        if (!isThere(zone, left, top)) continue;
        const tile = tileAt(places, zone, left, top, (across, down) =>
          isWanted(across, down, `${zone} ${left} ${top}`),
        );
        if (tile.parcels.length > 0) tiles.push(tile);
      }
  }
  return { x: Float64Array.from(parcels, ({ x }) => x), y: Float64Array.from(parcels, ({ y }) => y), tiles };
}

function steps([from, to]: readonly [number, number]): number[] {
  return Array.from({ length: (to - from) / TILE_STEP_KM + 1 }, (_, i) => from + i * TILE_STEP_KM);
}

function landOf(rings: readonly (readonly Place[])[]): Place[] {
  const all = rings.flat();
  const [left, right] = [Math.min(...all.map(({ x }) => x)), Math.max(...all.map(({ x }) => x))];
  const [lower, upper] = [Math.min(...all.map(({ y }) => y)), Math.max(...all.map(({ y }) => y))];
  const land: Place[] = [];
  for (let y = upper; y > lower; y -= CELL_KM)
    for (let x = left; x < right; x += CELL_KM)
      if (rings.some((ring) => isInside(ring, x, y))) land.push({ x, y });
  return land;
}

function isThere(zone: Zone, left: number, top: number): boolean {
  return [0, TILE_KM].some((across) => {
    const { longitude } = fromUtm({ x: left + across, y: top - TILE_KM / 2 }, zone);
    return zone === 32 ? longitude < BORDER_DEGREES : longitude >= BORDER_DEGREES;
  });
}

function tileAt(
  places: readonly Place[],
  zone: Zone,
  left: number,
  top: number,
  isWanted: (across: number, down: number) => boolean,
): Tile {
  const [parcels, ten, twenty]: [number[], number[], number[]] = [[], [], []];
  places.forEach(({ x, y }, parcel) => {
    const [across, down] = [x - left, top - y];
    if (across < 0 || down < 0 || across >= TILE_KM || down >= TILE_KM) return;
    if (!isWanted(across / TILE_KM, down / TILE_KM)) return;
    parcels.push(parcel);
    ten.push(blockAt('ten', across, down));
    twenty.push(blockAt('twenty', across, down));
  });
  return {
    place: (across, down) => inZone({ x: left + across, y: top - down }, zone, 32),
    ...{ parcels: Int32Array.from(parcels), ten: Uint8Array.from(ten), twenty: Uint8Array.from(twenty) },
  };
}

function blockAt(resolution: Resolution, across: number, down: number): number {
  const side = BLOCK_KM[resolution];
  return Math.floor(down / side) * BLOCKS_ACROSS[resolution] + Math.floor(across / side);
}

function inZone(place: Place, from: Zone, to: Zone): Place {
  if (from === to) return place;
  const { longitude, latitude } = fromUtm(place, from);
  return toUtm(longitude, latitude, to);
}

function isInside(ring: readonly Place[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [a, b] = [ring[i]!, ring[j]!];
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  }
  return inside;
}
