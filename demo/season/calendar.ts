/**
 * The scenes of the season: which satellite passes when, under which name. Sentinel-2's tracks 8 and 51 and Sentinel-1A's
 * twelve-day spec are those of 2024; what the weather was like is made up.
 */
import { clipToSwath, GRID_10M, outline, TILE, UTM_31N, type Ring, type SwathEdge } from './area.js';
import { ringToLonLat } from './utm.js';
import type { RasterGrid } from '../../rasters/index.js';

/** What all scenes have in common; `reference` and `obstime` as in dias_catalogue, the footprint in WGS 84. */
interface Pass {
  readonly reference: string;
  /** Start of sensing, UTC, ISO 8601 without zone. */
  readonly obstime: string;
  readonly sensor: '2A' | '2B' | '1A';
  /** Longitude and latitude. */
  readonly footprint: Ring;
  /** The edge of the swath, where it crosses the area. */
  readonly edge: SwathEdge | undefined;
}

export interface OpticalScene extends Pass {
  readonly card: 's2';
  readonly baseline: string;
  readonly track: number;
  readonly absoluteOrbit: number;
  /** Shares of the sky. */
  readonly clouds: number;
  readonly cirrus: number;
}

export interface BackscatterScene extends Pass {
  readonly card: 'bs';
  readonly grid: RasterGrid;
}

export interface CoherenceScene extends Pass {
  readonly card: 'c6';
  readonly grid: RasterGrid;
  /** Day of the pass six or twelve days before, ISO 8601. */
  readonly before: string;
}

export type SeasonScene = OpticalScene | BackscatterScene | CoherenceScene;

/** For each satellite an orbit whose number and time are known, and how many it flies a day. */
const ORBITS = {
  '2A': { number: 41_826, time: '2023-06-25T23:46:21', perDay: 143 / 10 },
  '2B': { number: 20_270, time: '2021-01-22T13:32:29', perDay: 143 / 10 },
  '1A': { number: 52_833, time: '2024-03-04T17:24:31', perDay: 175 / 12 },
};

/** Day, satellite, track, share of clouds, share of cirrus, and for track 8 the easting its swath begins at. */
const OPTICAL: readonly (readonly [string, 'A' | 'B', 8 | 51, number, number, number?])[] = [
  ['2024-03-10', 'A', 51, 0.16, 0],
  ['2024-03-25', 'B', 51, 0.04, 0.12],
  ['2024-04-06', 'A', 8, 0.22, 0, 679_300],
  ['2024-04-24', 'B', 51, 0, 0],
  ['2024-05-11', 'B', 8, 0.02, 0.06, 680_900],
  ['2024-05-19', 'A', 51, 0.38, 0],
  ['2024-06-03', 'B', 51, 0.12, 0],
  ['2024-06-18', 'A', 51, 0.62, 0.1],
  ['2024-06-23', 'B', 51, 0, 0.05],
  ['2024-07-08', 'A', 51, 0.3, 0],
  ['2024-07-20', 'B', 8, 0.06, 0, 678_200],
  ['2024-08-07', 'A', 51, 0.02, 0],
  ['2024-08-22', 'B', 51, 0.45, 0],
  ['2024-09-06', 'A', 51, 0.09, 0.1],
  ['2024-09-21', 'B', 51, 0, 0],
  ['2024-10-06', 'A', 51, 0.27, 0],
];
const BACKSCATTER_DAYS = ['2024-03-16', '2024-04-21', '2024-05-27', '2024-07-02', '2024-08-07', '2024-09-12'];
const COHERENCE_DAYS = ['2024-04-11', '2024-05-29', '2024-07-16', '2024-09-02'];

/** All scenes, card by card in order of time. */
export function calendar(): SeasonScene[] {
  return [
    ...OPTICAL.map((row) => optical(...row)),
    ...BACKSCATTER_DAYS.map(backscatter),
    ...COHERENCE_DAYS.map(coherence),
  ];
}

function optical(
  day: string,
  satellite: 'A' | 'B',
  track: 8 | 51,
  clouds: number,
  cirrus: number,
  begins?: number,
): OpticalScene {
  const time = track === 51 ? (satellite === 'A' ? '10:50:31' : '10:46:19') : '10:36:29';
  // The processing baseline changed in the course of the season, on 23 July.
  const baseline = day < '2024-07-23' ? '05.10' : '05.11';
  const edge = begins === undefined ? undefined : ({ at: begins, lean: 0.24, keep: 1 } as const);
  const name = [
    `S2${satellite}`,
    'MSIL2A',
    compact(`${day}T${time}`),
    `N${baseline.replace('.', '')}`,
    `R${String(track).padStart(3, '0')}`,
    TILE,
    compact(`${day}T14:20:${String(10 + Number(day.slice(8)))}`),
  ];
  return {
    card: 's2',
    reference: `${name.join('_')}.SAFE`,
    obstime: `${day}T${time}`,
    sensor: `2${satellite}`,
    footprint: footprintOf(GRID_10M, edge),
    edge,
    baseline,
    track,
    absoluteOrbit: orbit(ORBITS[`2${satellite}`], `${day}T${time}`),
    clouds,
    cirrus,
  };
}

/** The grid of each pass is a little elsewhere, as terrain correction leaves it. */
function backscatter(day: string, i: number): BackscatterScene {
  const dataTake = (0x0664d9 + 97 * 36 * i).toString(16).toUpperCase().padStart(6, '0');
  const start = `${day}T17:24:31`;
  const absolute = orbit(ORBITS['1A'], start);
  const grid = {
    epsg: UTM_31N,
    width: 1130 + 7 * i,
    height: 1120 - 3 * i,
    originX: GRID_10M.originX - 170 - 40 * i,
    originY: GRID_10M.originY + 110 + 30 * i,
    stepX: 10,
    stepY: -10,
  };
  const edge = { at: GRID_10M.originX + 10_300 + 60 * i, lean: -0.21, keep: -1 } as const;
  const name = `S1A_IW_GRDH_1SDV_${compact(start)}_${compact(`${day}T17:24:56`)}`;
  return {
    card: 'bs',
    reference: `${name}_${String(absolute).padStart(6, '0')}_${dataTake}_${(0x3a51 + 4099 * i).toString(16).toUpperCase()}_CARD_BS`,
    obstime: start,
    sensor: '1A',
    footprint: footprintOf(grid, edge),
    edge,
    grid,
  };
}

function coherence(day: string): CoherenceScene {
  const before = new Date(Date.parse(`${day}T00:00:00Z`) - 12 * 86_400_000).toISOString().slice(0, 10);
  const grid = {
    epsg: UTM_31N,
    width: 570,
    height: 560,
    originX: GRID_10M.originX - 200,
    originY: GRID_10M.originY + 100,
    stepX: 20,
    stepY: -20,
  };
  return {
    card: 'c6',
    reference: `S1A_${compact(`${day}T05:58:24`)}_${compact(`${before}T05:58:25`)}_DESC_CARD_COH6`,
    obstime: `${day}T05:58:24`,
    sensor: '1A',
    footprint: footprintOf(grid, undefined),
    edge: undefined,
    grid,
    before,
  };
}

function footprintOf(grid: RasterGrid, edge: SwathEdge | undefined): Ring {
  return ringToLonLat(edge ? clipToSwath(outline(grid), edge) : outline(grid));
}

/** The number of the orbit a satellite is in. */
function orbit(known: { number: number; time: string; perDay: number }, time: string): number {
  const days = (Date.parse(`${time}Z`) - Date.parse(`${known.time}Z`)) / 86_400_000;
  return known.number + Math.round(days * known.perDay);
}

/** `20240623T104619` of an ISO time. */
export function compact(time: string): string {
  return time.replaceAll('-', '').replaceAll(':', '');
}
