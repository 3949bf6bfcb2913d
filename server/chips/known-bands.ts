/** Bands of scenes as they were found in the store, with what their headers say: looking for one takes several requests. */
import type pg from 'pg';
import { cardType } from '../../cards/card-types.js';
import type { BandSource } from '../../cards/card.js';
import type { SceneAt } from '../../database/reads/scenes-at.js';
import type { RasterGrid } from '../../rasters/index.js';
import { locateBands } from '../../reading/locate.js';
import { shownAddress } from '../../store/address.js';
import { versionDigest } from '../../store/download.js';
import type { ObjectStore } from '../../store/object-store.js';
import { Lanes } from './lanes.js';

/** A scene, and the catalogue that it is of. */
export interface ChipScene extends SceneAt {
  /** Canonical: `public.dias_catalogue`. */
  readonly catalogue: string;
}

export interface FoundBand {
  readonly source: BandSource;
  /** What the version of the main object is known by, whoever signed its address. */
  readonly version: string;
  /** Brings stored numbers to those of products without an offset. */
  readonly offset: number;
}

export interface KnownBand extends FoundBand {
  readonly grid: RasterGrid;
}

/** Objects that are replaced are found to be so later. */
const KNOWN_FOR_MS = 10 * 60_000;
/** Some kilobytes each. */
const MOST = 10_000;
/** That are looked for at a time: a listing or two, and the first bytes of an object. */
const AT_ONCE = 16;

interface Remembered {
  readonly at: number;
  readonly band: Promise<KnownBand>;
}

export class KnownBands {
  private readonly known = new Map<string, Remembered>();
  private readonly lanes = new Lanes(AT_ONCE);

  /** @param open reads the header of what was found */
  constructor(
    private readonly pool: pg.Pool,
    private readonly store: ObjectStore,
    private readonly open: (found: FoundBand) => Promise<RasterGrid>,
  ) {}

  /** @throws SceneIncomplete, RasterError, and what the store fails with */
  find(scene: ChipScene, band: string): Promise<KnownBand> {
    const name = nameOf(scene, band);
    const before = this.known.get(name);
    if (before !== undefined && performance.now() - before.at < KNOWN_FOR_MS) return before.band;
    const looked = { at: performance.now(), band: this.lanes.run(() => this.look(scene, band)) };
    this.known.delete(name);
    this.known.set(name, looked);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= MOST) break;
      this.known.delete(oldest);
    }
    // What is not found now may be there when the next one asks.
    looked.band.catch(() => {
      if (this.known.get(name) === looked) this.known.delete(name);
    });
    return looked.band;
  }

  forget(scene: ChipScene, band: string): void {
    this.known.delete(nameOf(scene, band));
  }

  private async look(scene: ChipScene, band: string): Promise<KnownBand> {
    const card = cardType(scene.card);
    const { key, sources } = await locateBands({ pool: this.pool, store: this.store }, scene, {
      ...{ card, catalogue: scene.catalogue, bands: [band], bandNames: 'api' },
    });
    const source = sources[0]!;
    const main = source.objects[0]!;
    const found = {
      source,
      version: versionDigest({ ...main, key: shownAddress(main.key) }),
      offset: card.radiometry?.read(key, sources, undefined).offsets[band] ?? 0,
    };
    return { ...found, grid: await this.open(found) };
  }
}

const nameOf = ({ catalogue, obsid, reference }: ChipScene, band: string): string =>
  `${catalogue}\n${obsid}\n${reference}\n${band}`;
