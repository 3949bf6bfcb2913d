/** The report: sections of tables and sentences, as Markdown that also reads well in a terminal. */

export type Cell = string | number;

export interface Target {
  /** What is aimed at: "2 threads against 1". */
  readonly what: string;
  readonly unit: string;
  readonly measured: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export class Report {
  private readonly parts: string[] = [];
  private readonly targets: Target[] = [];

  /** `print` hears of every part as soon as it is there. */
  constructor(private readonly print: (markdown: string) => void) {}

  section(title: string): void {
    this.add(`## ${title}`);
  }

  paragraph(text: string): void {
    this.add(text);
  }

  /** The first column is flush left, the others, being numbers, flush right. */
  table(columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
    const cells = [columns, ...rows].map((row) => row.map(String));
    const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
    const line = (row: readonly string[]): string =>
      `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
    const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
    this.add([line(cells[0]!), rule, ...cells.slice(1).map(line)].join('\n'));
  }

  target(target: Target): void {
    this.targets.push(target);
  }

  /** The whole as Markdown, the targets at its top. */
  markdown(title: string, preface: readonly string[]): string {
    const summary = new Report(() => undefined);
    if (this.targets.length > 0) {
      summary.section('Targets');
      summary.table(
        ['target', 'aimed at', 'measured', 'reached'],
        this.targets.map((target) => [
          target.what,
          aim(target),
          `${number(target.measured)}${target.unit}`,
          isReached(target) ? 'yes' : 'no',
        ]),
      );
    }
    return `${[`# ${title}`, ...preface, ...summary.parts, ...this.parts].join('\n\n')}\n`;
  }

  private add(part: string): void {
    this.parts.push(part);
    this.print(part);
  }
}

function aim({ atLeast, atMost, unit }: Target): string {
  return atLeast !== undefined
    ? `at least ${number(atLeast)}${unit}`
    : `at most ${number(atMost ?? 0)}${unit}`;
}

function isReached({ measured, atLeast, atMost }: Target): boolean {
  return atLeast !== undefined ? measured >= atLeast : measured <= (atMost ?? 0);
}

/** Three significant digits, and no fewer than stand before the point. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

export const megabytes = (bytes: number): string => `${number(bytes / 1e6)} MB`;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** The median of one number of several measurements. */
export function medianOf<T>(measured: readonly T[], pick: (one: T) => number): number {
  return median(measured.map(pick));
}
