/** Tables as CSV (RFC 4180): commas, a heading, `\n`; NULL is empty, NaN is `NaN`, times are UTC by ISO 8601. */
import type { CopiedColumn, CopiedType } from '../database/reads/copied-rows.js';
import { type Batch, type ByteSink, type ExportColumn, flatName, type TableFile } from './table-file.js';

/** Text is handed on in pieces of about so many characters. */
const PIECE = 1 << 20;
const DAY_MS = 86_400_000;

export class CsvTable implements TableFile {
  private readonly cells: readonly ((value: unknown) => string)[];
  private headed = false;

  constructor(
    private readonly sink: ByteSink,
    private readonly columns: readonly ExportColumn[],
  ) {
    this.cells = columns.map(({ type }) => CELLS[type]);
  }

  async write({ rows, columns }: Batch): Promise<void> {
    let text = this.heading();
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns.length; column++) {
        if (column > 0) text += ',';
        text += this.cell(columns[column]!, column, row);
      }
      text += '\n';
      if (text.length < PIECE) continue;
      await this.sink.write(Buffer.from(text));
      text = '';
    }
    if (text !== '') await this.sink.write(Buffer.from(text));
  }

  async finish(): Promise<void> {
    const text = this.heading();
    if (text !== '') await this.sink.write(Buffer.from(text));
  }

  private cell({ values, nulls }: CopiedColumn, column: number, row: number): string {
    return nulls?.[row] === 1 ? '' : this.cells[column]!(values[row]);
  }

  private heading(): string {
    if (this.headed) return '';
    this.headed = true;
    return `${this.columns.map((column) => quotedText(flatName(column))).join(',')}\n`;
  }
}

const CELLS: Readonly<Record<CopiedType, (value: unknown) => string>> = {
  integer: String,
  long: String,
  double: String,
  // The shortest text that is read as the same `real` again.
  real: (value) => shortest(value as number),
  boolean: (value) => (value === 1 ? 'true' : 'false'),
  text: (value) => quotedText(value as string),
  date: (value) => new Date((value as number) * DAY_MS).toISOString().slice(0, 10),
  time: (value) => isoMicros(value as bigint),
  bytes: (value) => Buffer.from(value as Uint8Array).toString('hex'),
};

function shortest(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

/** `2024-03-02T10:56:19.123456Z`, without a fraction that is nought. */
export function isoMicros(micros: bigint): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((999_999n - micros) / 1_000_000n);
  const fraction = micros - seconds * 1_000_000n;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return fraction === 0n ? `${text}Z` : `${text}.${String(fraction).padStart(6, '0')}Z`;
}

function quotedText(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
