/** Names and numbers of the made seasons. */
import { BANDS } from './made-scene.js';

export const AOI = 'bench';
export const SCENES = 73;
export const ROWS_OF_A_PARCEL = SCENES * BANDS.length;

/** Scenes of the running season, and of the new one, that are stored to be measured and forgotten again. */
export const EXTRA_SCENES = 3;

/** A season that is over has its rows in the order of parcels; one that runs, as they came; of a new one nothing is stored yet. */
export const YEARS = { over: 2023, running: 2024, new: 2025 } as const;

const SHARED_TABLES = { catalogue: 'dias_catalogue', aois: 'aois', parcels: 'parcels' };

export function tablesOf(year: number) {
  return { ...SHARED_TABLES, results: `public.sigs_${year}`, hists: `public.hists_${year}` };
}

/** Ids in the catalogue. */
export function obsidOf(year: number, scene: number): number {
  return 1000 * (year - 2022) + scene;
}

/** A database for each size. */
export function databaseOf(parcels: number): string {
  return `bench_read_${parcels}`;
}
