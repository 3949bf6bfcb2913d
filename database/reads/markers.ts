/** Markers of a parcel that another program of CbM's found, in a table of the area's schema. */
import { type JsonColumn, type ReadColumn, readColumns } from './json-columns.js';
import type { ServedParcels } from './served-tables.js';
import { type Column, Columns } from '../session/columns.js';
import { findTable } from '../session/identifier.js';
import type { Database } from '../session/session.js';
import type { Table } from '../terms.js';

/** In CbM's order. Days are given as texts. */
const COLUMNS = [
  ...['foi_id', 'marker', 'marker_type', 'date_start', 'date_main', 'date_end', 'duration_days'],
  ...['value_1', 'value_2', 'value_3', 'pid', 'practice'],
];

/** CbM's table of markers has the parcels' own column of ids. In which order markers come, nothing but their days tells. */
const MARKERS = (markers: Table, id: Column): string => `
  SELECT ${COLUMNS.map((name) => `m.${name}${name.startsWith('date_') ? '::text' : ''} AS ${name}`).join(', ')}
  FROM ${markers.key} m WHERE m.${id.sql} = $1::${id.type === 'character' ? 'bpchar' : id.type}
  ORDER BY m.date_start, m.marker`;

/**
 * The parcel's markers, column by column; undefined where the area has no table of them. It is `<aoi>.markers_<year>`, else
 * `<aoi>.markers_2020`, which CbM's API reads whatever the year.
 */
export async function readMarkerColumns(
  database: Database,
  parcels: ServedParcels,
  { aoi, year }: { readonly aoi: string; readonly year: number },
  parcel: string,
): Promise<JsonColumn[] | undefined> {
  const named = (of: number) => findTable(database, `"${aoi.replaceAll('"', '""')}".markers_${of}`);
  const markers = (await named(year)) ?? (await named(2020));
  if (markers === undefined) return undefined;
  const columns = await Columns.of(database, markers);
  const kinds = COLUMNS.map((name): ReadColumn => {
    const { type } = columns.require(name);
    return { name, kind: NUMBERS.test(type) ? 'number' : 'text' };
  });
  const id = columns.all.find(({ sql }) => sql === parcels.id.sql) ?? columns.require('pid');
  return readColumns(database, kinds, MARKERS(markers, id), [parcel]);
}

const NUMBERS = /^(?:smallint|integer|bigint|real|double precision|numeric)$/;
