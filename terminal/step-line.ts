/**
 * One line on standard error that says what is being done, from the moment a person would begin to wonder.
 *
 * Terms. *Step*: what a command is at. *Series*: a parcel's values by day, drawn as a chart.
 */

const SHOWN_AFTER_MS = 2_000;
/** Without a terminal a line is due this often. */
const LINE_EVERY_MS = 10_000;

export class StepLine {
  private readonly began = Date.now();
  private lastLine = 0;
  private drawn = false;

  constructor(private readonly out: NodeJS.WriteStream = process.stderr) {}

  /** @param share of the step that is done; null where that can't be said. */
  show(step: string, share: number | null): void {
    const now = Date.now();
    if (now - this.began < SHOWN_AFTER_MS) return;
    const line = share === null ? `${step} …` : `${step}: ${Math.floor(100 * share)} %`;
    if (this.out.isTTY) {
      this.out.write(`\r\x1b[2K${line}`);
      this.drawn = true;
    } else if (now - this.lastLine >= LINE_EVERY_MS) {
      this.lastLine = now;
      this.out.write(`${line}\n`);
    }
  }

  end(): void {
    if (this.drawn) this.out.write('\r\x1b[2K');
    this.drawn = false;
  }
}
