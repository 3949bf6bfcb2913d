/** The check of a parcel table: what is wrong with its parcels, and what that means for a campaign. */
export { checkParcels } from './check.js';
export type { ParcelCheck, ParcelCheckOptions } from './check.js';
export type { UsableParcels } from './usable.js';
export { PARCEL_FINDINGS } from './findings.js';
export type { Effect, ParcelFinding, ParcelFindingKind } from './findings.js';
