/** Tables as CSV in the form of CbM's server: lines end in CR LF, a histogram is written as a Python dictionary. */
import type { FastifyReply } from 'fastify';
import type { ColumnKind, ReadColumn } from '../../database/reads/json-columns.js';

export function sendCsv(reply: FastifyReply, name: string, csv: string): FastifyReply {
  const disposition = `attachment; filename=${name.replaceAll(/[^\w.-]/g, '_')}`;
  return reply.type('text/csv; charset=utf-8').header('content-disposition', disposition).send(csv);
}

/** @param rows texts as PostgreSQL writes them; what is no number is left empty, as NULL is. */
export function csvOf(columns: readonly ReadColumn[], rows: readonly (readonly (string | null)[])[]): string {
  const lines = [
    columns.map(({ name }) => name),
    ...rows.map((row) => row.map((value, i) => cell(value, columns[i]!.kind))),
  ];
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

function cell(value: string | null, kind: ColumnKind): string {
  if (value === null) return '';
  if (kind === 'number') return /\d/.test(value) ? value : '';
  return kind === 'json' ? pythonOf(value) : value;
}

/** `{'4': 55, '9': 3}` of `{"4":55,"9":3}`; what is no flat object of numbers stays JSON. */
function pythonOf(json: string): string {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return json;
  const entries = Object.entries(parsed);
  if (!entries.every(([key, value]) => /^\w*$/.test(key) && typeof value === 'number')) return json;
  return `{${entries.map(([key, value]) => `'${key}': ${value as number}`).join(', ')}}`;
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
