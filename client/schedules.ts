/** Schedules on the Temporal server: each starts ticks, which sync the catalogue and extract what is ingested. */
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleHandle,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  type ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client';
import { ORCHESTRATOR_QUEUE, scheduleId, tickId } from '../workflows/ids.js';
import { escapeMarkdown } from '../workflows/markdown.js';
import type { tick, TickInput } from '../workflows/tick.js';

/** When ticks are due: every so many milliseconds, or by cron expressions (UTC). */
export type ScheduleSpec = { readonly everyMs: number } | { readonly cron: readonly string[] };

type Options = ScheduleOptions<ScheduleOptionsStartWorkflowAction<typeof tick>>;

/** A server that was away for longer does not make up for missed ticks: each one looks at all there is. */
const CATCHUP = '1h';

function optionsOf(input: TickInput, spec: ScheduleSpec): Omit<Options, 'scheduleId' | 'memo' | 'state'> {
  const { name } = input;
  return {
    spec:
      'cron' in spec
        ? { cronExpressions: spec.cron.map(withComment) }
        : { intervals: [{ every: spec.everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'tick',
      workflowId: tickId(name),
      taskQueue: ORCHESTRATOR_QUEUE,
      args: [input],
      staticSummary: escapeMarkdown(`tick of ${name}`),
    },
    // A tick that finds the one before still at work has nothing to add to it.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP, pauseOnFailure: false },
  };
}

/** The server takes cron expressions apart into calendars, and keeps the words only of what stands behind a #. */
function withComment(expression: string): string {
  return expression.includes('#') ? expression : `${expression} # ${expression}`;
}

/**
 * Creates the schedule, or gives one of that name these settings; one that is paused stays so.
 * @returns whether it is new.
 */
export async function createSchedule(client: Client, input: TickInput, spec: ScheduleSpec): Promise<boolean> {
  const options = optionsOf(input, spec);
  try {
    await client.schedule.create<typeof tick>({ ...options, scheduleId: scheduleId(input.name) });
    return true;
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await scheduleOf(client, input.name).update<typeof tick>(({ state }) => ({
      ...options,
      state: { paused: state.paused, ...(state.note !== undefined && { note: state.note }) },
    }));
    return false;
  }
}

export function scheduleOf(client: Client, name: string): ScheduleHandle {
  return client.schedule.getHandle(scheduleId(name));
}

export interface ListedSchedule {
  readonly name: string;
  readonly paused: boolean;
  readonly spec: string;
  readonly next: Date | undefined;
  /** When the last tick was started. */
  readonly last: Date | undefined;
  readonly running: number;
}

/** Our schedules in the order of their names; other programs' are left out. */
export async function listSchedules(client: Client): Promise<ListedSchedule[]> {
  const start = scheduleId('');
  const names: string[] = [];
  for await (const { scheduleId: id } of client.schedule.list())
    if (id.startsWith(start)) names.push(id.slice(start.length));
  return await Promise.all(names.sort().map((name) => describe(client, name)));
}

/** The list lags behind; a description doesn't. */
async function describe(client: Client, name: string): Promise<ListedSchedule> {
  const { spec, state, info } = await scheduleOf(client, name).describe();
  const intervals = spec.intervals?.map(({ every }) => `every ${duration(every)}`) ?? [];
  // A schedule that another program made has no comment.
  const calendars =
    spec.calendars?.map(({ comment = '' }) => (comment === '' ? 'by calendar' : `cron ${comment}`)) ?? [];
  return {
    name,
    paused: state.paused,
    spec: [...intervals, ...calendars].join(', '),
    next: info.nextActionTimes[0],
    last: latest(info.recentActions.map(({ takenAt }) => takenAt)),
    running: info.runningActions.length,
  };
}

function latest(times: readonly Date[]): Date | undefined {
  return times.length === 0 ? undefined : new Date(Math.max(...times.map(Number)));
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** Milliseconds of `30s`, `15m`, `1h`, `1d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+)\s*([dhms])$/.exec(text.trim()) ?? [];
  const value = Number(count) * UNITS[(unit ?? 's') as keyof typeof UNITS];
  return value > 0 ? value : undefined;
}

function duration(ms: number): string {
  const found = Object.entries(UNITS).find(([, size]) => ms % size === 0);
  return found ? `${ms / found[1]}${found[0]}` : `${ms} ms`;
}
