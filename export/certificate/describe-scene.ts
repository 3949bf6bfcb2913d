/** What a certificate says of a scene itself: its product, and the objects that it was read from. */
import type { AuditedExtraction } from '../../database/certified/extractions.js';
import type { CertifiedScene } from './certificate.js';
import { publicText } from './public-text.js';

type Described = Omit<CertifiedScene, 'parcels' | 'chunks' | 'parcelsDigest' | 'gapsDigest' | 'layers'>;

export function describeScene(one: AuditedExtraction): Described {
  const { obsid, reference, obstime, sensor, card, campaign, facts } = one;
  const { item, collection, relativeOrbit, pass } = one;
  const { baseline, offsets, objects } = facts;
  const versions = Object.entries(isRecord(objects) ? objects : {}).flatMap(([key, version]) =>
    Object.entries(version as Readonly<Record<string, number>>).map(([etag, bytes]) => {
      return { key: publicText(key), etag, bytes };
    }),
  );
  return {
    ...{ obsid, reference, obstime, sensor, card, campaign: campaign.replace(/^campaign\//, '') },
    product: {
      baseline: typeof baseline === 'string' ? baseline : one.baseline,
      ...{ item, collection, relativeOrbit, pass, radiometry: radiometryOf(one) },
      ...(isRecord(offsets) && { offsets: offsets as Readonly<Record<string, number>> }),
      ...(versions.length > 0 && { objects: versions }),
    },
  };
}

/** Scenes from before it was kept are raw. */
export function radiometryOf({ facts: { radiometry } }: AuditedExtraction): string {
  return typeof radiometry === 'string' ? radiometry : 'raw';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
