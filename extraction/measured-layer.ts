/** A band or an index, as it is measured under parcels: rows and gaps are made of both in the same way. */
import type { Coverage, PixelShares, Strip, ZonalStatistics } from '../zonal/index.js';
import type { Visit } from './parcel-pixels.js';
import type { Harmonised } from './scratch/staged-layers.js';

export interface MeasuredLayer {
  readonly name: string;
  readonly harmonised: Harmonised | undefined;
  /** Whether it is measured under cloudy parcels too, where those are left out. */
  readonly evenCloudy: boolean;
  readonly statisticsOf: (shares: PixelShares | undefined) => ZonalStatistics;
  readonly visit: (
    coverage: Coverage,
    selection: Int32Array,
    visit: Visit,
    strip: Strip | undefined,
  ) => Promise<void>;
  /** Of an index: whether pixels without a value are counted from now on. */
  readonly countWithoutValue?: ((counts: boolean) => void) | undefined;
}
