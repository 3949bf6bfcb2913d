/** What holds where db_config.json leaves a key out. A leaf without imports, since workflow code tells of it too. */

/** Parcels of 3000 m2 or less hold too few pixels to be told apart from their neighbours. */
export const DEFAULT_MIN_AREA_M2 = 3000;

export const DEFAULT_CATALOGUE = 'dias_catalogue';
export const DEFAULT_AOI_FIELD = 'name';
/** All that `band_names` may say, with what `scripts` was called (campaigns/former-names.ts). */
export const BAND_NAMES = ['api', 'scripts', 'seed'] as const;
export const DEFAULT_BAND_NAMES = 'api';
