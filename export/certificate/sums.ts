/** Counts of scenes together, and that they add up. */
import type { CertifiedScene, CertifiedTable } from './certificate.js';

/** Rows and gaps of a layer: the parcels met. */
export function sumOf({ rows, gaps }: CertifiedScene['layers'][string]): number {
  return Object.values(gaps).reduce((all, one) => all + one, rows);
}

/** The audit has seen to it; a certificate never says otherwise. */
export function requireSums({ obsid, parcels, layers }: CertifiedScene): void {
  for (const [layer, one] of Object.entries(layers))
    if (sumOf(one) !== parcels)
      throw new Error(`scene ${obsid}, ${layer}: ${one.rows} rows and its gaps are not ${parcels} parcels`);
}

/** Each that differs from the others, with the number of scenes that have it. */
export function countedOnce<T, Told extends object>(
  all: readonly T[],
  tell: (one: T) => Told,
): (Told & { scenes: number })[] {
  const found = new Map<string, Told & { scenes: number }>();
  for (const one of all) {
    const told = tell(one);
    const key = JSON.stringify(told);
    found.set(key, { ...told, scenes: (found.get(key)?.scenes ?? 0) + 1 });
  }
  return [...found.values()];
}

export function sumsOf(scenes: readonly CertifiedScene[]): CertifiedTable['sums'] {
  const layers: Record<string, { parcels: number; rows: number; gaps: Record<string, number> }> = {};
  for (const { parcels, layers: own } of scenes)
    for (const [layer, { rows, gaps }] of Object.entries(own)) {
      const sum = (layers[layer] ??= { parcels: 0, rows: 0, gaps: {} });
      sum.parcels += parcels;
      sum.rows += rows;
      for (const [reason, count] of Object.entries(gaps)) sum.gaps[reason] = (sum.gaps[reason] ?? 0) + count;
    }
  return {
    parcels: scenes.reduce((sum, { parcels }) => sum + parcels, 0),
    layers,
    hists: scenes.reduce((sum, { hists }) => sum + (hists?.rows ?? 0), 0),
  };
}
