/** Indices of Sentinel-1's backscatter, of linear gamma0; `10 * log10(VH / VV)` is the cross ratio in decibels. */
import type { SpectralIndex } from './spectral-index.js';

export const S1_INDICES: readonly SpectralIndex[] = [
  {
    ...{ name: 'CR', short: 'CR', expression: 'VH / VV', leads: true },
    about: 'cross ratio: volume against surface, the growth of the canopy (Vreugdenhil et al. 2018)',
  },
  {
    ...{ name: 'RVI', short: 'RVI', expression: '4 * VH / (VV + VH)' },
    about: 'radar vegetation index for two polarisations (Nasirzadehdizaji et al. 2019)',
  },
];
