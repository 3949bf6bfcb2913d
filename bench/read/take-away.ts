/** `parcelwise export` of the whole season to Parquet, against what PostgreSQL's COPY alone gives. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from '../bench.js';
import { runCommand } from '../product/command.js';
import { megabytes, medianOf, number } from '../report.js';
import { copiedOut } from './copied-out.js';
import { ROWS_OF_A_PARCEL } from './names.js';
import type { Stage } from './stage.js';

const TARGETS = { ofCopy: 0.6, megabytes: 500, parcelsASecond: 1000 };

/** What takes minutes needs no median. */
const MANY_ROWS = 50_000_000;

interface Round {
  readonly copy: number;
  readonly exported: number;
  readonly cpu: number;
  /** Of PostgreSQL, seconds of CPU. */
  readonly copyPostgres: number;
  readonly exportPostgres: number;
  readonly peakBytes: number;
}

export async function takeAway({ options, report, say }: Bench, stage: Stage): Promise<void> {
  const season = stage.season('over');
  await stage.warm('over');
  const folder = join(season.folder, 'exported');
  const rounds: Round[] = [];
  const wanted = options.rows < MANY_ROWS ? options.repeats : 1;
  for (let round = 0; round < wanted; round++) {
    say(`read: COPY and export, round ${round + 1}`);
    const postgres = (): number => stage.servers.cpu().PostgreSQL!;
    const before = postgres();
    const copy = await copiedOut(stage.pool, `COPY ${season.results} TO STDOUT (FORMAT binary)`);
    const between = postgres();
    rmSync(folder, { recursive: true, force: true });
    const { wall, cpu, peakBytes } = await runCommand(season, ['export', folder, '--format', 'parquet']);
    const ofPostgres = { copyPostgres: between - before, exportPostgres: postgres() - between };
    rounds.push({ copy: copy.seconds, exported: wall, cpu, peakBytes, ...ofPostgres });
  }
  rmSync(folder, { recursive: true, force: true });
  const rows = season.parcels * ROWS_OF_A_PARCEL;
  const aSecond = (seconds: number): string => Math.round(rows / seconds).toLocaleString('en');
  const copy = medianOf(rounds, (one) => one.copy);
  const exported = medianOf(rounds, (one) => one.exported);
  report.paragraph(
    `**Export** of all rows to Parquet, sorted by parcel, by year and card. Medians of ${rounds.length}, in turns.`,
  );
  report.table(
    ['', 's', 'rows a second', 'PostgreSQL CPU s', 'CPU s', 'memory'],
    [
      [
        '`COPY … TO STDOUT (FORMAT binary)`, thrown away',
        ...[number(copy), aSecond(copy), number(medianOf(rounds, (one) => one.copyPostgres)), '', ''],
      ],
      [
        '`parcelwise export`',
        ...[number(exported), aSecond(exported), number(medianOf(rounds, (one) => one.exportPostgres))],
        number(medianOf(rounds, ({ cpu }) => cpu)),
        megabytes(medianOf(rounds, ({ peakBytes }) => peakBytes)),
      ],
    ],
  );
  report.target({
    ...{ what: 'parcels streamed, seasons of them exported to Parquet', unit: ' a second' },
    ...{ measured: season.parcels / exported, atLeast: TARGETS.parcelsASecond },
  });
  report.target({
    ...{ what: 'export to Parquet, rows a second against COPY alone', unit: ' x' },
    ...{ measured: medianOf(rounds, (one) => one.copy / one.exported), atLeast: TARGETS.ofCopy },
  });
  report.target({
    ...{ what: 'export to Parquet, memory', unit: ' MB' },
    ...{ measured: medianOf(rounds, ({ peakBytes }) => peakBytes / 1e6), atMost: TARGETS.megabytes },
  });
}
