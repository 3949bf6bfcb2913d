/**
 * Indices of Sentinel-2. Where the literature has several bands for one name, those here are the ones that markers for
 * agriculture use: B08 for the near infrared at 10 m, B8A where its partner has 20 m and is as narrow.
 */
import type { SpectralIndex } from '../spectral-index.js';

const difference = (a: string, b: string): string => `(${a} - ${b}) / (${a} + ${b})`;

export const S2_INDICES: readonly SpectralIndex[] = [
  {
    ...{ name: 'NDVI', short: 'NDV', expression: difference('B08', 'B04'), leads: true },
    about: 'green vegetation (Rouse et al. 1974)',
  },
  {
    ...{ name: 'NDMI', short: 'NDM', expression: difference('B08', 'B11') },
    about: "water in leaves; it is Gao's NDWI (Gao 1996)",
  },
  {
    ...{ name: 'NDWI', short: 'NDW', expression: difference('B03', 'B08') },
    about: 'open water (McFeeters 1996)',
  },
  {
    ...{ name: 'BSI', short: 'BSI', expression: '((B11 + B04) - (B08 + B02)) / ((B11 + B04) + (B08 + B02))' },
    about: 'bare soil (Rikimaru et al. 2002)',
  },
  {
    ...{ name: 'EVI2', short: 'EV2', expression: '2.5 * (B08 - B04) / (B08 + 2.4 * B04 + 1)' },
    about: 'green vegetation, later to saturate than NDVI (Jiang et al. 2008)',
  },
  {
    ...{ name: 'EVI', short: 'EVI', expression: '2.5 * (B08 - B04) / (B08 + 6 * B04 - 7.5 * B02 + 1)' },
    about: 'green vegetation, less of the haze (Huete et al. 2002)',
  },
  {
    ...{ name: 'SAVI', short: 'SAV', expression: '1.5 * (B08 - B04) / (B08 + B04 + 0.5)' },
    about: 'green vegetation, less of the soil (Huete 1988)',
  },
  {
    ...{ name: 'GNDVI', short: 'GND', expression: difference('B08', 'B03') },
    about: 'chlorophyll (Gitelson et al. 1996)',
  },
  {
    ...{ name: 'NDRE', short: 'NDR', expression: difference('B8A', 'B05') },
    about: 'chlorophyll by the red edge (Barnes et al. 2000)',
  },
  {
    ...{ name: 'CIre', short: 'CIR', expression: 'B07 / B05 - 1' },
    about: 'chlorophyll by the red edge, not bounded (Gitelson et al. 2003)',
  },
  {
    ...{ name: 'PSRI', short: 'PSR', expression: '(B04 - B02) / B06' },
    about: 'ripening and senescence (Merzlyak et al. 1999)',
  },
  {
    ...{ name: 'NDTI', short: 'NDT', expression: difference('B11', 'B12') },
    about: 'tillage and crop residues (van Deventer et al. 1997)',
  },
  {
    ...{ name: 'NBR', short: 'NBR', expression: difference('B08', 'B12') },
    about: 'burnt fields (Key and Benson 2006)',
  },
];
