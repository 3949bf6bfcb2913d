/** A campaign's order, made of what was asked for and the worker's own configuration. */
import { isDeepStrictEqual } from 'node:util';
import { cardType } from '../cards/card-types.js';
import type { ClearRule, MeasuringRule } from '../database/terms.js';
import type { DatabaseConfig } from '../database/selection/config.js';
import { DatabaseSetupError } from '../database/session/errors.js';
import { DEFAULT_CLEAR, DEFAULT_PIXELS } from '../database/selection/defaults.js';
import { CHUNK_PARCELS, DEFAULT_RADIOMETRY, DEFAULT_STATUS_IN, type CampaignRequest } from './options.js';
import { bandNamesInFlight, currentBandNames } from './former-names.js';
import type { Order } from './order.js';
import { layersOf } from './name-layers.js';
import { defaultClear, inOrder } from './rule.js';

/** Fields that the configuration or a default fills where a request leaves them out. */
const filled = (request: CampaignRequest, config: DatabaseConfig) => ({
  card: request.card,
  tables: {
    catalogue: request.tables?.catalogue ?? config.tables.catalogue,
    aois: request.tables?.aois ?? config.tables.aois,
    parcels: request.tables?.parcels ?? config.tables.parcels,
    results: request.tables?.results ?? config.tables.results,
    // Null says that there is none.
    hists: request.tables?.hists === undefined ? (config.tables.hists ?? null) : request.tables.hists,
    clear: request.tables?.clear === undefined ? (config.tables.clear ?? null) : request.tables.clear,
  },
  ...areaOf(request, config),
  bands: [...(request.bands ?? config.bands ?? cardType(request.card).defaultBands)],
  bandNames: currentBandNames(request.bandNames ?? config.bandNames),
  radiometry: request.radiometry ?? DEFAULT_RADIOMETRY,
  statusIn: request.statusIn ?? DEFAULT_STATUS_IN,
  minAreaM2: request.minAreaM2 ?? config.minAreaM2,
  pixels: request.pixels ?? config.pixels ?? DEFAULT_PIXELS,
  innerBufferM: request.innerBufferM ?? config.innerBufferM ?? 0,
  clear: clearOf(request, config),
  // As with the table of clear rows, the file is about the types that have a map of classes.
  skipCloudy: request.skipCloudy ?? (config.skipCloudy === true && hasClasses(request.card)),
  indices: { ...(request.indices ?? config.indices) },
  chunkParcels: request.chunkParcels ?? config.chunkParcels ?? CHUNK_PARCELS,
});

function hasClasses(card: Order['card']): boolean {
  return cardType(card).classMap !== undefined;
}

/** The same request with nothing left to another configuration. */
export function wholeRequest<Request extends CampaignRequest>(
  request: Request,
  config: DatabaseConfig,
): Request & ReturnType<typeof filled> {
  return { ...request, ...filled(request, config) };
}

/** Without classes where the CARD type has no map of them, and nobody names any. */
function clearOf(
  { card, clear }: CampaignRequest,
  config: DatabaseConfig,
): Omit<ClearRule, 'classes'> & Partial<Pick<ClearRule, 'classes'>> {
  const classes = clear?.classes ?? config.clear?.classes ?? defaultClear(card).classes;
  return {
    ...(classes.length > 0 && { classes: inOrder(classes) }),
    widenM: clear?.widenM ?? config.clear?.widenM ?? DEFAULT_CLEAR.widenM,
    minPixels: clear?.minPixels ?? config.clear?.minPixels ?? DEFAULT_CLEAR.minPixels,
    innerBufferM: clear?.innerBufferM ?? config.clear?.innerBufferM ?? DEFAULT_CLEAR.innerBufferM,
  };
}

/** Area and period, of campaigns and of syncs. */
export function areaOf(
  { aoi, period }: Pick<CampaignRequest, 'aoi' | 'period'>,
  config: Pick<DatabaseConfig, 'aoi' | 'period'>,
): Pick<Order, 'aoi' | 'period'> {
  return {
    aoi: { field: aoi?.field ?? config.aoi.field, name: aoi?.name ?? config.aoi.name },
    period: { start: period?.start ?? config.period.start, end: period?.end ?? config.period.end },
  };
}

/** @throws DatabaseSetupError for what the CARD type does not have, and where two things are asked for at once. */
export function orderOf(request: CampaignRequest, config: DatabaseConfig): Order {
  if (request.changedOnly === true && request.add === true)
    throw new DatabaseSetupError(
      'parcels that have changed and layers that are lacking are two campaigns',
      'Run --changed-only first, and --add when it has ended',
    );
  const { tables, bands, pixels, innerBufferM, clear, skipCloudy, indices, ...rest } = filled(
    request,
    config,
  );
  if (skipCloudy && !hasClasses(rest.card))
    throw new DatabaseSetupError(
      `scenes of the CARD type ${rest.card} have no map of classes that says which parcels are cloudy`,
      'Run the campaign without --skip-cloudy',
    );
  const isMasked = tables.clear !== null || skipCloudy;
  return {
    ...rest,
    bandNames: bandNamesInFlight(rest.bandNames),
    tables: { ...tables, hists: tables.hists ?? undefined, clear: tables.clear ?? undefined },
    ...measuredBy(rest.card, {
      ...{ pixels, innerBufferM, indices },
      ...(isMasked && clear.classes && { clear: { ...clear, classes: clear.classes } }),
    }),
    bands: layersOf(bands, cardType(request.card), rest.bandNames, indices),
    ...limitsOf(request),
    ...(skipCloudy && { skipCloudy: true as const }),
    ...(request.changedOnly === true && { changedOnly: true }),
    ...(request.add === true && { add: true }),
  };
}

/** Only what is not the default: the order of a campaign that asks for none of it is as it was before there was any. */
function measuredBy(
  card: Order['card'],
  { pixels, innerBufferM, indices, clear }: MeasuringRule,
): Partial<MeasuringRule> {
  return {
    ...(pixels !== DEFAULT_PIXELS && { pixels }),
    ...(innerBufferM > 0 && { innerBufferM }),
    ...(Object.keys(indices).length > 0 && { indices }),
    ...(clear && !isDeepStrictEqual(clear, defaultClear(card)) && { clear }),
  };
}

function limitsOf({ maxDownloadMbps, maxRequests }: CampaignRequest): Pick<Order, 'limits'> {
  if (maxDownloadMbps === undefined && maxRequests === undefined) return {};
  return { limits: { downloadMbps: maxDownloadMbps, requestsPerSecond: maxRequests } };
}
