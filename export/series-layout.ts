/** What is read of the series: their columns by the layout that is asked for, and from where. */
import type { ExportedScene } from '../database/reads/exported-scenes.js';
import type { SeriesRows } from '../database/reads/series-rows.js';
import { longLayout, type RowLayout, spvLayout } from './layouts.js';
import type { Part } from './plan.js';
import { type ExportRequest, isPerDay, type Sources } from './request.js';
import { wideLayout } from './wide.js';

/** @param scenes all that are asked for: wide rows have columns of their bands alone */
export function layoutOf(
  request: ExportRequest,
  { rows, views }: Sources,
  scenes: readonly ExportedScene[],
): RowLayout {
  if (request.layout === 'spv') return spvLayout(rows.statistics);
  if (request.layout === 'long' || views === undefined) return longLayout(rows.statistics);
  const stored = [...new Set(scenes.flatMap(({ bands }) => bands))];
  const known = scenes.every(({ bands }) => bands.length > 0) ? stored : undefined;
  return wideLayout(views.series, {
    cards: request.cards,
    bands: request.bands ?? known,
    kind: request.kind,
  });
}

export function rowsOf(
  { bands, layout: name, best }: ExportRequest,
  { rows, choice, views }: Sources,
  layout: RowLayout,
): SeriesRows {
  const isWide = name === 'wide';
  return {
    ...{ columns: layout.columns.map(({ sql }) => sql), orderBy: layout.orderBy, choice },
    ...{ from: isWide && views ? views.names.series : rows.key, byDay: isWide },
    ...(!isWide && { bands }),
    ...(!isWide && best === true && { observations: views?.names.observations }),
  };
}

/** Rows that there will be; undefined where only the answer tells. */
export function totalOf(
  request: ExportRequest,
  { choice }: Sources,
  parts: readonly Part[],
): number | undefined {
  if (isPerDay(request) || request.bands !== undefined || choice !== undefined) return undefined;
  const counted = parts.flatMap((part) => part.scenes.map(({ rows }) => rows));
  return counted.includes(null) ? undefined : counted.reduce<number>((sum, n) => sum + (n ?? 0), 0);
}
