/** The report of a soak, in Markdown. */
import { markdown, median, number, Report } from '../report.js';
import { SMALL_CACHES } from './caches.js';
import type { Cpu } from './cpu.js';
import type { Soak } from './run.js';
import type { Day } from './scale.js';
import { idleGrowth, kilobytes, type Promised } from './verdict.js';

const PREFACE =
  'Written by `npm run soak`. A schedule ticks much faster than in earnest, against a Temporal dev server with its database ' +
  'file, PostgreSQL with PostGIS, an S3 gateway and a STAC API that answers in pages. On two simulated days of three a small ' +
  'scene is published. Once a simulated day the whole period is read, at all other ticks its last 30 days. ' +
  SMALL_CACHES.text;

export function soakReport(soak: Soak, verdict: readonly Promised[], facts: string): string {
  const { days, options, seconds } = soak;
  const report = new Report(() => undefined);
  report.section(
    `${options.days} days of ${options.ticksPerDay} ticks in ${Math.round(seconds / 60)} minutes: ` +
      `${days.at(-1)!.ticks} ticks, ${soak.published} scenes`,
  );
  report.table(
    ['promise', 'measured', 'kept'],
    verdict.map(({ what, measured, holds }) => [what, measured, holds ? 'yes' : 'NO']),
  );
  report.section('A tick with nothing to do');
  report.paragraph(describeIdleTick(soak));
  report.section('From the first day to the last');
  report.paragraph(
    'Memory and open files are the least of each day; files on disk and tables are those at its end.',
  );
  report.table(
    [
      'day',
      'scene',
      'ticks so far',
      's',
      'worker MB',
      'Temporal MB',
      'worker: open files',
      'Temporal: open files',
      "Temporal's file MB",
      'our schema MB',
      'database MB',
      'scratch MB',
      'open workflows',
    ],
    milestones(days).map(rowOf),
  );
  return markdown('Soak', [PREFACE], [report.finding(`_${facts}_`)]);
}

function describeIdleTick({ days, closed, resting }: Soak): string {
  const events = (type: string): number =>
    median(closed.filter((one) => one.type === type).map((one) => one.events));
  const bytes = (type: string): number =>
    median(closed.filter((one) => one.type === type).map((one) => one.bytes));
  const file = idleGrowth(days, 'temporalFile');
  const cpu = idleCpu(days, resting);
  const milliseconds = Object.entries(cpu).map(([name, used]) => `${name} ${number(1000 * used)} ms`);
  const scheduler = days.flatMap((day) => day.schedulerEvents ?? []);
  return [
    `Two workflows: \`tick\` of ${events('tick')} events and ${kilobytes(bytes('tick'))}, \`catalogueSync\` of ` +
      `${events('catalogueSync')} events and ${kilobytes(bytes('catalogueSync'))} (medians). The server keeps closed histories, with ` +
      `its own records of them, until their retention time is over: ${kilobytes(file)} a tick, so ${number((24 * file) / 1e6)} MB ` +
      `a day of hourly ticks.`,
    `CPU beyond what the processes use when no schedule runs: ${milliseconds.join(', ')}.`,
    ...(scheduler.length > 0
      ? [`The server's own workflow behind the schedule had at most ${Math.max(...scheduler)} events.`]
      : []),
  ].join('\n\n');
}

/** Seconds of CPU a tick, on the days without a scene, less what is used by processes that rest. */
function idleCpu(days: readonly Day[], resting: Cpu): Cpu {
  const idle = days.slice(1).filter(({ busy }) => !busy);
  const ticks = idle.reduce((sum, day) => sum + day.ticks - days[day.day - 2]!.ticks, 0);
  const seconds = idle.reduce((sum, day) => sum + day.seconds, 0);
  return Object.fromEntries(
    Object.entries(resting).map(([name, rate]) => {
      const used = idle.reduce((sum, day) => sum + (day.cpu[name] ?? 0), 0);
      return [name, Math.max(0, used - rate * seconds) / ticks];
    }),
  );
}

/** The first day, and those that end each quarter: whatever grows shows in five. */
function milestones(days: readonly Day[]): Day[] {
  const places = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.max(0, Math.round(share * days.length) - 1));
  return [...new Set(places)].map((place) => days[place]!);
}

function rowOf(day: Day): (string | number)[] {
  const inMegabytes = (...bytes: readonly number[]): string[] => bytes.map((one) => number(one / 1e6));
  return [
    day.day,
    day.busy ? 'yes' : '',
    day.ticks,
    number(day.seconds),
    ...inMegabytes(day.worker, day.temporal),
    day.workerFiles,
    day.temporalFiles,
    ...inMegabytes(day.temporalFile, day.schema, day.database, day.scratch),
    day.open,
  ];
}
