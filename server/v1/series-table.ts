/** Series as tables of lines, NDJSON, CSV or Arrow, in parts of some parcels each, so that many need not be held at once. */
import type { JsonColumn, ReadColumn } from '../../database/reads/json-columns.js';

/** A parcel by the id that people know, and its series column by column. */
export interface ParcelSeries {
  readonly parcel: string;
  readonly columns: readonly JsonColumn[];
}

export interface SeriesTable {
  /** What stands before all parts. */
  begin(): Uint8Array | string;
  part(parcels: readonly ParcelSeries[]): Uint8Array | string;
  /** What stands after them. */
  end(): Uint8Array | string;
}

/** Lines of JSON, one a parcel: `{"parcel":"17","columns":{"time":[…],…}}`. */
export const NDJSON: SeriesTable = {
  begin: () => '',
  part: (parcels) => parcels.map((series) => `${seriesJson(series)}\n`).join(''),
  end: () => '',
};

function seriesJson({ parcel, columns }: ParcelSeries): string {
  return `{"parcel":${JSON.stringify(parcel)},"columns":${columnsJson(columns)}}`;
}

/** Each column is JSON already, and stands as PostgreSQL wrote it. */
export function columnsJson(columns: readonly JsonColumn[]): string {
  return `{${columns.map(({ name, json }) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

/** RFC 4180, a line a row, with the parcel in front. NULL is empty. */
export function csvTable(columns: readonly ReadColumn[]): SeriesTable {
  return {
    begin: () => `${['parcel', ...columns.map(({ name }) => name)].map(quoted).join(',')}\r\n`,
    part: (parcels) => parcels.map((series) => linesOf(series, columns)).join(''),
    end: () => '',
  };
}

function linesOf({ parcel, columns }: ParcelSeries, of: readonly ReadColumn[]): string {
  const cells = columns.map(({ json }, i) => (of[i]!.kind === 'number' ? numbers(json) : texts(json)));
  const id = quoted(parcel);
  const rows = cells[0]?.length ?? 0;
  let lines = '';
  for (let row = 0; row < rows; row++) {
    lines += id;
    for (const column of cells) lines += `,${column[row]!}`;
    lines += '\r\n';
  }
  return lines;
}

/** As they were written: digits are neither lost nor added. */
function numbers(json: string): string[] {
  return json === '[]' ? [] : json.slice(1, -1).replaceAll('null', '').split(',');
}

const texts = (json: string): string[] =>
  (JSON.parse(json) as readonly (string | null)[]).map((text) => quoted(text ?? ''));

/** What begins like a formula is left as it is: a reader of data must find the id that the table has. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
