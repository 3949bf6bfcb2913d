/** What a soak has to show: each promise with what was measured, and whether it holds. */
import { megabytes, number } from '../report.js';
import type { Closed } from './gauges.js';
import type { Soak } from './run.js';
import type { Day } from './scale.js';

export interface Promised {
  readonly what: string;
  readonly measured: string;
  readonly holds: boolean;
}

/** What the Temporal server may keep of a tick with nothing to do, until its retention time is over. */
const FILE_BYTES_A_TICK = 64_000;
/** Resident memory goes up and down with garbage and caches by more than it grows: a share of its level, over half a soak. */
const MEMORY_SHARE = 0.1;
/** Connections that pools open and close as they like. */
const SOCKETS = 8;
/** Free-space and visibility maps of tables come a page at a time. */
const PAGES_BYTES = 64 * 1024;

export function judge(soak: Soak): Promised[] {
  return [...onceEach(soak), ...histories(soak), ...memory(soak), ...openFiles(soak), ...disk(soak)];
}

function onceEach({ published, statuses, audit, closed }: Soak): Promised[] {
  const scenes = closed.filter(({ type }) => type === 'scene').length;
  const words = Object.entries(statuses).map(([word, count]) => `${count} ${word}`);
  const findings = audit.findings.reduce((sum, { findings: found }) => sum + found, 0);
  return [
    {
      what: 'every scene that was published is extracted once',
      measured: `${published} published, ${words.join(', ')}, by ${scenes} workflows`,
      holds: words.length === 1 && statuses.extracted === published && scenes === published,
    },
    {
      what: 'the audit agrees',
      measured: `${audit.scenes} scenes, ${audit.parcels.toLocaleString('en')} parcels, ${findings} findings`,
      holds: findings === 0 && audit.scenes === published && audit.parcels > 0,
    },
  ];
}

function histories({ closed, days, openAtEnd }: Soak): Promised[] {
  const failed = closed.filter(({ status }) => status !== 'COMPLETED').length;
  const open = Math.max(...days.map((day) => day.open));
  return [
    { what: 'no workflow failed', measured: `${failed} of ${closed.length}`, holds: failed === 0 },
    ...['tick', 'catalogueSync', 'campaign'].map((type): Promised => {
      const [first, second] = halves(closed.filter((one) => one.type === type)).map(longest) as [
        number,
        number,
      ];
      return {
        what: `histories of ${type} don't grow`,
        measured: `longest ${first} events in the first half, ${second} in the second`,
        holds: second <= first,
      };
    }),
    {
      what: 'workflows come to their end',
      measured: `at most ${open} open at the end of a day, ${openAtEnd} at the end`,
      // A tick with its sync, or with its campaign and a scene.
      holds: open <= 3 && openAtEnd === 0,
    },
  ];
}

function memory({ days }: Soak): Promised[] {
  const [first, second] = halves(days);
  return (['worker', 'temporal'] as const).map((name) => {
    const [before, after] = [slope(first, name), slope(second, name)];
    const level = Math.min(...second.map((day) => day[name]));
    const grown = (after * (second.at(-1).ticks - second[0]!.ticks)) / level;
    return {
      what: `memory of the ${PROCESS[name]} doesn't grow with ticks`,
      measured:
        `${megabytes(level)}; ${kilobytes(before)} a tick in the first half, ${kilobytes(after)} in the second, ` +
        `${number(100 * grown)} % over it`,
      holds: grown <= MEMORY_SHARE,
    };
  });
}

/** A connection that is left open with each tick shows here long before it shows in memory. */
function openFiles({ days }: Soak): Promised[] {
  const [first, second] = halves(days);
  return (['worker', 'temporal'] as const).map((name) => {
    const most = (half: readonly Day[]): number => Math.max(...half.map((day) => day[`${name}Files`]));
    return {
      what: `files and sockets that the ${PROCESS[name]} holds open don't grow`,
      measured: `at most ${most(first)} in the first half, ${most(second)} in the second`,
      holds: most(second) <= most(first) + SOCKETS,
    };
  });
}

const PROCESS = { worker: 'worker', temporal: 'Temporal server' };

function disk({ days }: Soak): Promised[] {
  const [first, second] = halves(days);
  const [before, after] = [first, second].map((half) => slope(half, 'temporalFile')) as [number, number];
  const idle = idleGrowth(days, 'temporalFile');
  return [
    {
      what: "the Temporal server's file grows by little a tick, and evenly",
      measured: `${kilobytes(idle)} a tick with nothing to do; with scenes ${kilobytes(before)} a tick in the first half, ${kilobytes(after)} in the second`,
      holds: idle <= FILE_BYTES_A_TICK && after <= 1.15 * before,
    },
    ...(['schema', 'database', 'scratch'] as const).map((name): Promised => {
      const grown = total(second.slice(1), name, days);
      return {
        what: `${DISK[name]} grow with scenes only`,
        measured: `${megabytes(days.at(-1)![name])}; ${kilobytes(grown)} on all days without a scene of the second half`,
        holds: grown <= PAGES_BYTES,
      };
    }),
  ];
}

const DISK = {
  schema: 'the tables of our schema',
  database: 'all tables of the database',
  scratch: 'files in the scratch folder',
};

type Weight = 'worker' | 'temporal' | 'temporalFile' | 'schema' | 'database' | 'scratch';

/** What was added on the days of `some` without a scene. A scene may still have been under way when such a day began. */
function total(some: readonly Day[], name: Weight, days: readonly Day[]): number {
  return some.filter(({ busy }) => !busy).reduce((sum, day) => sum + day[name] - days[day.day - 2]![name], 0);
}

/** Bytes added a tick on days without a scene. */
export function idleGrowth(days: readonly Day[], name: Weight): number {
  const ticks = days
    .slice(1)
    .filter(({ busy }) => !busy)
    .reduce((sum, day) => sum + day.ticks - days[day.day - 2]!.ticks, 0);
  return total(days.slice(1), name, days) / ticks;
}

/** Bytes a tick: the slope of the line of least squares. */
function slope(days: readonly Day[], name: Weight): number {
  const mean = (of: (day: Day) => number): number =>
    days.reduce((sum, day) => sum + of(day), 0) / days.length;
  const ticks = mean((day) => day.ticks);
  const weight = mean((day) => day[name]);
  const spread = days.reduce((sum, day) => sum + (day.ticks - ticks) ** 2, 0);
  return days.reduce((sum, day) => sum + (day.ticks - ticks) * (day[name] - weight), 0) / spread;
}

function halves<T>(all: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}

function longest(closed: readonly Closed[]): number {
  return Math.max(...closed.map(({ events }) => events));
}

export function kilobytes(bytes: number): string {
  return `${number(bytes / 1000)} kB`;
}
