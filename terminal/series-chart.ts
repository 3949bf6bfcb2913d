/** Draws a parcel's NDVI series in the terminal: a line of braille dots through the clear values, marks for each scene. */
import { timeAxis, type TimeAxis } from './time-axis.js';

/** One scene of the series. */
export interface Observation {
  /** Day of the scene, ISO 8601. */
  readonly date: string;
  /** NDVI of all pixels; null where the scene has none of the parcel. */
  readonly raw: number | null;
  /** NDVI of those without cloud, shadow or snow; null where there is none. */
  readonly clear: number | null;
}

/** Rows of characters between NDVI 1 and 0, a tenth each. */
const ROWS = 11;
/** Width of the labels on the left. */
const LEFT = 6;
/** Bits of a braille character's dots: two columns of four. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
/** SGR codes. */
const COLOURS = { line: 32, clear: 92, raw: 90, axis: 90 } as const;
type Ink = keyof typeof COLOURS;

/** One character of the picture, and what it is part of. */
interface Cell {
  readonly text: string;
  readonly ink: Ink;
}

/** Whether standard output takes colours: a terminal, unless NO_COLOR is set (no-color.org). */
function takesColour(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR;
}

/**
 * The chart as lines of text, `width` characters wide at most (at least 30), for values from 0 to 1; others are drawn at
 * the edge. Clear values are `●`, raw ones that differ `○`, scenes without a pixel of the parcel `·` on the axis.
 */
export function ndviChart(series: readonly Observation[], width: number, colour = takesColour()): string {
  if (series.length === 0) return 'no scene has been extracted yet\n';
  const columns = Math.max(30, width) - LEFT;
  const time = timeAxis(series.map(({ date }) => date));
  const column = (date: string): number => Math.round(time.at(date) * (columns - 1));
  const picture = line(series, columns, time);
  const axis = Array.from({ length: columns }, (): Cell => ({ text: '─', ink: 'axis' }));
  const mark = (date: string, value: number, cell: Cell): void => {
    picture[dotRow(value) >> 2]![column(date)] = cell;
  };
  for (const { date, raw } of series) {
    if (raw === null) axis[column(date)] = { text: '·', ink: 'raw' };
  }
  // A clear mark stands before a raw one in the same place.
  for (const { date, raw, clear } of series) {
    if (raw !== null && raw !== clear) mark(date, raw, { text: '○', ink: 'raw' });
  }
  for (const { date, clear } of series) {
    if (clear !== null) mark(date, clear, { text: '●', ink: 'clear' });
  }
  const blank = ' '.repeat(LEFT);
  return [
    ...picture.map((cells, row) => `${paint(label(row), 'axis', colour)}${print(cells, colour)}`),
    `${paint('     └', 'axis', colour)}${print(axis, colour)}`,
    `${blank}${paint(monthLine(time, columns), 'axis', colour)}`,
    `${blank}${paint('● clear   ○ raw   · no data', 'axis', colour)}`,
    '',
  ].join('\n');
}

/** The line through the clear values, a braille character a cell. */
function line(series: readonly Observation[], columns: number, time: TimeAxis): (Cell | undefined)[][] {
  const bits = Array.from({ length: ROWS }, () => new Uint8Array(columns));
  const dots = series.flatMap(({ date, clear }) =>
    clear === null ? [] : [{ x: time.at(date) * (2 * columns - 2), y: dotRow(clear) }],
  );
  for (let i = 0; i + 1 < dots.length; i++) {
    const [from, to] = [dots[i]!, dots[i + 1]!];
    const steps = Math.ceil(Math.max(to.x - from.x, Math.abs(to.y - from.y), 1));
    for (let step = 0; step <= steps; step++) {
      const x = Math.round(from.x + ((to.x - from.x) * step) / steps);
      const y = Math.round(from.y + ((to.y - from.y) * step) / steps);
      bits[y >> 2]![x >> 1]! |= DOTS[x & 1]![y & 3]!;
    }
  }
  return bits.map((row) =>
    Array.from(row, (dot) =>
      dot > 0 ? { text: String.fromCodePoint(0x2800 + dot), ink: 'line' as const } : undefined,
    ),
  );
}

/** Row of dots from the top; a value that is a whole tenth lies in the middle of a row of characters. */
function dotRow(value: number): number {
  return Math.round((1 - Math.min(1, Math.max(0, value))) * 4 * (ROWS - 1) + 1.5);
}

function label(row: number): string {
  return row % 2 === 0 ? ` ${(1 - row / (ROWS - 1)).toFixed(1)} ┤` : '     │';
}

/** The months' names where they begin, those left out that have no room. */
function monthLine(time: TimeAxis, columns: number): string {
  let text = '';
  for (const { name, at } of time.months) {
    const column = Math.round(at * (columns - 1));
    if (column >= text.length + Number(text !== '') && column + name.length <= columns)
      text = text.padEnd(column) + name;
  }
  return text;
}

function print(cells: readonly (Cell | undefined)[], colour: boolean): string {
  const text = cells.map((cell) => (cell ? paint(cell.text, cell.ink, colour) : ' '));
  return text.join('').trimEnd();
}

function paint(text: string, ink: Ink, colour: boolean): string {
  return colour ? `\u001b[${COLOURS[ink]}m${text}\u001b[0m` : text;
}
