/** The progress of scenes: one line refreshed on a terminal, a line now and then elsewhere. */
import { duration } from './duration.js';

const BAR_CELLS = 30;
/** Without a terminal hardly any of it is shown. */
const SHOWN_EVERY_MS = { terminal: 1000, elsewhere: 3000 } as const;
/** Without a terminal a line is due this often, and at every change of phase. */
const LINE_EVERY_MS = 15_000;

/** What of a campaign's progress is drawn. */
export interface SceneProgress {
  /** Told where it is another than `running`; one that is `done` and had nothing to do is whole. */
  readonly phase: string;
  readonly total: number;
  /** Scenes ended, by status word. */
  readonly ended: Readonly<Record<string, number>>;
  /** Scenes left to others. */
  readonly skipped: number;
  /** Scenes given back. */
  readonly released: number;
  /** Scenes in flight. */
  readonly open: readonly unknown[];
  readonly rows: number;
}

export class ProgressBar {
  readonly everyMs: number;
  private readonly began = Date.now();
  private lastLine = 0;
  private lastPhase = '';
  private drawn = false;
  private remarked = '';

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly label: string,
  ) {
    this.everyMs = out.isTTY ? SHOWN_EVERY_MS.terminal : SHOWN_EVERY_MS.elsewhere;
  }

  /** Stands behind the progress from now on; none where it is empty. */
  remark(text: string): void {
    this.remarked = text === '' ? '' : `; ${text}`;
  }

  show(progress: SceneProgress): void {
    const seconds = (Date.now() - this.began) / 1000;
    const line = `${this.label}  ${describeProgress(progress, seconds)}${this.remarked}`;
    if (this.out.isTTY) {
      this.out.write(`\r\x1b[2K${line.slice(0, this.out.columns - 1)}`);
      this.drawn = true;
      return;
    }
    if (progress.phase === this.lastPhase && Date.now() - this.lastLine < LINE_EVERY_MS) return;
    this.lastPhase = progress.phase;
    this.lastLine = Date.now();
    this.out.write(`${line}\n`);
  }

  /** A sentence that stays, above the bar. */
  say(text: string): void {
    this.out.write(`${this.drawn ? '\r\x1b[2K' : ''}${text}\n`);
    this.drawn = false;
  }

  end(): void {
    if (this.drawn) this.out.write('\n');
    this.drawn = false;
  }
}

/**
 * `[######----] 12 of 22 scenes, 4 in flight, 31,204 rows, 18 s`, with an estimate of the time left where there is one.
 * Scenes given back are not done.
 * @param running false of a campaign that has ended, however it did.
 */
export function describeProgress(progress: SceneProgress, seconds: number, running = true): string {
  const done = endedScenes(progress) - progress.released;
  const share = progress.total === 0 ? (progress.phase === 'done' ? 1 : 0) : done / progress.total;
  const cells = Math.round(BAR_CELLS * share);
  const left =
    running && done > 0 && done < progress.total
      ? `, about ${duration((seconds / done) * (progress.total - done))} left`
      : '';
  const phase = running && progress.phase !== 'running' ? ` (${progress.phase})` : '';
  return (
    `[${'#'.repeat(cells)}${'-'.repeat(BAR_CELLS - cells)}] ${done} of ${progress.total} scenes${phase}, ` +
    `${running ? `${progress.open.length} in flight, ` : ''}${progress.rows.toLocaleString('en')} rows, ${duration(seconds)}${left}`
  );
}

/** Scenes a campaign is through with for now: ended, in other hands, or given back. */
export function endedScenes(progress: SceneProgress): number {
  return (
    Object.values(progress.ended).reduce((sum, count) => sum + count, 0) +
    progress.skipped +
    progress.released
  );
}
