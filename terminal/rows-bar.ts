/** The progress of rows: one line refreshed on a terminal, a line now and then elsewhere. */
import { duration } from './duration.js';

const BAR_CELLS = 30;
const EVERY_MS = { terminal: 250, elsewhere: 15_000 } as const;

export class RowsBar {
  private readonly began = Date.now();
  private last: number;
  private drawn = false;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly label: string,
  ) {
    // Elsewhere the first line is due when a person would begin to wonder.
    this.last = this.began;
  }

  /** @param total rows that there will be; undefined where nobody knows. */
  show(rows: number, total: number | undefined): void {
    const now = Date.now();
    if (now - this.last < (this.out.isTTY ? EVERY_MS.terminal : EVERY_MS.elsewhere)) return;
    this.last = now;
    const line = `${this.label}  ${describeRows(rows, total, (now - this.began) / 1000)}`;
    if (this.out.isTTY) this.out.write(`\r\x1b[2K${line.slice(0, this.out.columns - 1)}`);
    else this.out.write(`${line}\n`);
    this.drawn = this.out.isTTY;
  }

  end(): void {
    if (this.drawn) this.out.write('\r\x1b[2K');
    this.drawn = false;
  }
}

/** `[######----] 1,200,000 of 5,000,000 rows, 12 s, about 38 s left`, as much of it as is known. */
export function describeRows(rows: number, total: number | undefined, seconds: number): string {
  const counted = rows.toLocaleString('en');
  if (total === undefined || total <= 0) return `${counted} rows, ${duration(seconds)}`;
  const share = Math.min(1, rows / total);
  const cells = Math.round(BAR_CELLS * share);
  const left = share > 0 && share < 1 ? `, about ${duration((seconds / share) * (1 - share))} left` : '';
  const bar = `[${'#'.repeat(cells)}${'-'.repeat(BAR_CELLS - cells)}]`;
  return `${bar} ${counted} of ${total.toLocaleString('en')} rows, ${duration(seconds)}${left}`;
}
