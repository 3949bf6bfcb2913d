/** What db_config.json may say, and what holds where it leaves a key out. A leaf without imports, since workflow code tells of it too. */

/** Parcels of 3000 m2 or less hold too few pixels to be told apart from their neighbours. */
export const DEFAULT_MIN_AREA_M2 = 3000;

export const DEFAULT_CATALOGUE = 'dias_catalogue';
export const DEFAULT_AOI_FIELD = 'name';
/** All that `band_names` may say, with what `scripts` was called (campaigns/former-names.ts). */
export const BAND_NAMES = ['api', 'scripts', 'seed'] as const;
export const DEFAULT_BAND_NAMES = 'api';

export const DEFAULT_PIXELS = 'centre';

/** Further than anybody keeps away from clouds: a number beyond is a slip. */
export const WIDEST_M = 5000;
export const MAX_INNER_BUFFER_M = 1000;

/** Of the rule of clear rows; which classes are not clear is the CARD type's to say. */
export const DEFAULT_CLEAR = { widenM: 0, minPixels: 1, innerBufferM: 0 } as const;

/** Which pixels a parcel has (`PixelRule`). */
export const PIXEL_RULES = ['centre', 'touched', 'inside', 'fraction'] as const;

/** An index is named like a band, so that its layers can be. */
export const INDEX_NAME = {
  pattern: /^[A-Za-z][A-Za-z0-9_]*$/,
  mistake: 'a name is a letter, then letters, digits and _',
} as const;
