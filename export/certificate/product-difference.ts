/** In what a scene's product, or the rule that it was measured by, is another one in the database than in a certificate. */
import type { AuditedExtraction } from '../../database/certified/extractions.js';
import { onlyClearDifferences, rawDifferences } from '../../database/ledger/rule.js';
import type { MeasuringRule } from '../../database/terms.js';
import { canonicalJson, type Json } from './canonical.js';
import type { CertifiedScene, CertifiedTable } from './certificate.js';
import { describeScene } from './describe-scene.js';

/**
 * Undefined where there is none. What a source tells of a scene later (its item, its orbit) and what later campaigns read and
 * measure beside is of no account.
 */
export function productDifference(
  certified: CertifiedScene,
  measured: CertifiedTable['measured'],
  now: AuditedExtraction,
): string | undefined {
  const found = describeScene(now);
  const { baseline, radiometry, offsets, objects = [] } = certified.product;
  const compared: readonly (readonly [string, Json | undefined, Json | undefined])[] = [
    ['time', certified.obstime, found.obstime],
    ['sensor', certified.sensor, found.sensor],
    ['CARD type', certified.card, found.card],
    ...(baseline === null ? [] : [['baseline', baseline, found.product.baseline] as const]),
    ['radiometry', radiometry, found.product.radiometry],
    ['offsets', offsets, offsets && found.product.offsets],
  ];
  for (const [what, then, other] of compared)
    if (canonicalJson(then) !== canonicalJson(other))
      return `its ${what} is ${shown(other)}, ${shown(then)} was certified`;
  const read = new Set((found.product.objects ?? []).map((one) => canonicalJson(one)));
  const lost = objects.find((one) => !read.has(canonicalJson(one)));
  if (lost !== undefined) return `by the database ${lost.key} was not read in the version that is certified`;
  const isByRule = measured.some(({ card, radiometry: numbers, rule }) => {
    // The same words, as far as a certificate may hold others.
    const then = rule as MeasuringRule;
    return (
      card === now.card &&
      numbers === radiometry &&
      rawDifferences(then, now.rule).length === 0 &&
      onlyClearDifferences(then, now.rule).length === 0
    );
  });
  return isByRule ? undefined : 'by the database it was measured by another rule than is certified';
}

function shown(value: Json | undefined): string {
  return value === undefined || value === null
    ? 'not known'
    : typeof value === 'string'
      ? value
      : canonicalJson(value);
}
