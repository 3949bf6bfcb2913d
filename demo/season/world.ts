/** The season's whole world, made from a seed alone: land, parcels, crops and passes. Nothing here touches a file. */
import { CENTRE, SIDE_METRES, type Ring } from './area.js';
import { calendar, type SeasonScene } from './calendar.js';
import { landscape, type Patch } from './landscape.js';
import { parcels, type Parcel } from './parcels.js';
import { phenology, type Phenology } from './phenology.js';
import { ringToLonLat } from './utm.js';

export interface World {
  readonly seed: number;
  readonly patches: readonly Patch[];
  readonly parcels: readonly Parcel[];
  readonly scenes: readonly SeasonScene[];
  /** Greenness of what each label of the ground stands for, by label. */
  readonly canopies: readonly Phenology[];
  readonly aoi: { readonly name: string; /** Longitude and latitude. */ readonly ring: Ring };
}

/** Land between patches is road, ditch and verge: a little green, all year. */
const BETWEEN_PATCHES = 0.38;
const VILLAGE = 0.24;

export function world(seed: number): World {
  const patches = landscape(seed);
  return {
    seed,
    patches,
    parcels: parcels(patches),
    scenes: calendar(),
    canopies: [() => BETWEEN_PATCHES, ...patches.map((patch) => canopy(seed, patch))],
    aoi: { name: 'noordoostpolder', ring: ringToLonLat(square(SIDE_METRES / 2 + 300)) },
  };
}

function canopy(seed: number, patch: Patch): Phenology {
  switch (patch.kind) {
    case 'field':
      return phenology(seed, patch.field, patch.crop);
    case 'woods':
      // Broadleaved wood: in leaf from May to October.
      return (day) => 0.6 + 0.28 * Math.max(0, Math.sin(((day - 105) / 210) * Math.PI));
    case 'village':
      return () => VILLAGE;
    case 'water':
      return () => -0.28;
  }
}

function square(half: number): Ring {
  const [x, y] = CENTRE;
  return [
    [x - half, y + half],
    [x + half, y + half],
    [x + half, y - half],
    [x - half, y - half],
    [x - half, y + half],
  ];
}
