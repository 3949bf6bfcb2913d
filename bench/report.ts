/** The report: what sections found, as tables and sentences of Markdown that also reads well in a terminal. */
import { format } from 'prettier';

export type Cell = string | number;

export interface Target {
  /** What is aimed at: "2 threads against 1". */
  readonly what: string;
  readonly unit: string;
  readonly measured: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What one section found, as it is kept between runs. */
export interface Finding {
  /** When, on what, by which command. */
  readonly circumstances: string;
  readonly parts: readonly string[];
  readonly targets: readonly Target[];
  /** Numbers by name, for the simulation of a season. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Collects what one section finds. */
export class Report {
  private readonly parts: string[] = [];
  private readonly targets: Target[] = [];
  private readonly figures: Record<string, number> = {};

  /** `print` hears of every part as soon as it is there. */
  constructor(private readonly print: (markdown: string) => void) {}

  section(title: string): void {
    this.add(`## ${title}`);
  }

  paragraph(text: string): void {
    this.add(text);
  }

  table(columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
    this.add(table(columns, rows));
  }

  target(target: Target): void {
    this.targets.push(target);
  }

  /** Keeps a number beside the tables, with its digits. */
  figure(name: string, value: number): void {
    this.figures[name] = value;
  }

  finding(circumstances: string): Finding {
    const { parts, targets, figures } = this;
    return { circumstances, parts, targets, ...(Object.keys(figures).length > 0 && { figures }) };
  }

  private add(part: string): void {
    this.parts.push(part);
    this.print(part);
  }
}

/** All findings as Markdown, their targets at its top. */
export function markdown(title: string, preface: readonly string[], findings: readonly Finding[]): string {
  const targets = findings.flatMap((finding) => finding.targets);
  const summary = table(
    ['target', 'aimed at', 'measured', 'reached'],
    targets.map((target) => [
      target.what,
      aim(target),
      `${number(target.measured)}${target.unit}`,
      isReached(target) ? 'yes' : 'no',
    ]),
  );
  const sections = findings.flatMap(({ circumstances, parts: [heading = '', ...parts] }) => [
    heading,
    circumstances,
    ...parts,
  ]);
  return `${[`# ${title}`, ...preface, ...(targets.length > 0 ? ['## Targets', summary] : []), ...sections].join('\n\n')}\n`;
}

/** Laid out as the repository's other Markdown. */
export function formatted(text: string): Promise<string> {
  return format(text, { parser: 'markdown', printWidth: 120, proseWrap: 'preserve' });
}

/** The first column is flush left, the others, being numbers, flush right. */
function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join('\n');
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
