/** `parcelwise schedule …`: lets the server start ticks for as long as scenes keep coming. */
import { type ScheduleHandle, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { type Command, InvalidArgumentError } from 'commander';
import type { TickInput } from '../../workflows/tick.js';
import { addCampaignOptions, type CampaignOptions, campaignRequest } from '../campaign-request.js';
import {
  createSchedule,
  listSchedules,
  parseDuration,
  type ScheduleSpec,
  scheduleOf,
  withTemporal,
} from '../../client/index.js';
import { addConfigOptions } from '../config-options.js';
import { UserError } from '../../terminal/user-error.js';
import { addDatabaseCheck, type NamedDatabase, withDatabase } from '../named-database.js';
import { addLookbackOption, addSourceOptions, syncRequest } from '../sync-request.js';

type ScheduleCommand = CampaignOptions &
  NamedDatabase & {
    readonly every?: number;
    readonly cron?: string[];
    readonly sync: boolean;
  };

const NAME = "the schedule's name; its campaign is campaign/<name>";

export function addSchedule(program: Command): void {
  const command = program
    .command('schedule')
    .description('sync and extract again and again, as scenes are published');
  const creating = addConfigOptions(addCampaignOptions(command.command('create'), { named: false }));
  addLookbackOption(addSourceOptions(addDatabaseCheck(creating)))
    .argument('<name>', NAME)
    .option('--every <time>', 'a tick every so often: 15m, 1h, 1d', every)
    .option('--cron <expression>', 'ticks by a cron expression, UTC: "20 * * * *"; may be given again', cron)
    .option('--no-sync', 'only extract: somebody else enters the scenes')
    .description('create a schedule, or change the settings of one')
    .action(create);
  command
    .command('list')
    .description('schedules, how often they tick, and when the next tick is due')
    .action(list);
  addTelling(command, 'pause', 'start no more ticks; one that runs goes on', (handle) =>
    handle.pause('parcelwise schedule pause'),
  );
  addTelling(command, 'resume', 'start ticks again', (handle) =>
    handle.unpause('parcelwise schedule resume'),
  );
  addTelling(command, 'trigger', 'start a tick now', (handle) => handle.trigger(ScheduleOverlapPolicy.SKIP));
  addTelling(command, 'delete', 'end a schedule; what it has extracted stays', (handle) => handle.delete());
  command
    .command('backfill')
    .argument('<name>', NAME)
    .requiredOption('--from <time>', 'UTC: 2024-03-01 or 2024-03-01T12:00:00', time)
    .requiredOption('--to <time>', 'UTC', time)
    .description('start the ticks that were due in a time that has passed, one after the other')
    .action((name: string, { from, to }: { from: Date; to: Date }) =>
      tell(name, 'backfill', (handle) =>
        handle.backfill({ start: from, end: to, overlap: ScheduleOverlapPolicy.BUFFER_ALL }),
      ),
    );
}

async function create(name: string, options: ScheduleCommand): Promise<void> {
  const spec = specOf(options);
  const { input } = campaignRequest({ ...options, name });
  const sync = options.sync ? syncRequest(options) : undefined;
  const campaign = await withDatabase(input, options);
  const { database } = campaign;
  const tick: TickInput = {
    name,
    campaign,
    ...(sync && { sync: { ...sync, ...(database && { database }) } }),
  };
  await withTemporal(async ({ client }) => {
    const isNew = await createSchedule(client, tick, spec);
    say(
      `schedule ${name} is ${isNew ? 'created' : 'changed'}; "parcelwise schedule trigger ${name}" starts a tick now`,
    );
  });
}

function specOf({ every: everyMs, cron: expressions }: ScheduleCommand): ScheduleSpec {
  if (everyMs !== undefined && expressions === undefined) return { everyMs };
  if (expressions !== undefined && everyMs === undefined) return { cron: expressions };
  throw new UserError('say how often: --every 1h, or --cron "20 * * * *"');
}

async function list(): Promise<void> {
  await withTemporal(async ({ client }) => {
    const schedules = await listSchedules(client);
    if (schedules.length === 0) say('no schedule');
    for (const { name, paused, spec, next, last, running } of schedules) {
      const state = paused ? 'paused' : `next tick ${shown(next)}`;
      const now = running > 0 ? ', a tick is running' : '';
      say(`${name}  ${spec}  ${state}, last ${shown(last)}${now}`);
    }
  });
}

function addTelling(
  command: Command,
  verb: string,
  description: string,
  act: (handle: ScheduleHandle) => Promise<void>,
): void {
  command
    .command(verb)
    .argument('<name>', NAME)
    .description(description)
    .action((name: string) => tell(name, verb, act));
}

async function tell(
  name: string,
  verb: string,
  act: (handle: ScheduleHandle) => Promise<void>,
): Promise<void> {
  await withTemporal(async ({ client }) => {
    try {
      await act(scheduleOf(client, name));
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new UserError(`there is no schedule ${name}; "parcelwise schedule list" shows all there are`);
    }
    say(`schedule ${name} is ${verb}${verb.endsWith('e') ? 'd' : 'ed'}`);
  });
}

function shown(time: Date | undefined): string {
  return time === undefined ? 'never' : `${time.toISOString().slice(0, 19)}Z`;
}

function every(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('It is a time such as 30s, 15m, 1h or 1d.');
  return ms;
}

function cron(text: string, before: string[] | undefined): string[] {
  if (text.trim() === '') throw new InvalidArgumentError('It is a cron expression such as "20 * * * *".');
  return [...(before ?? []), text];
}

function time(text: string): Date {
  const parsed = new Date(text.includes('T') ? `${text.replace(/Z$/, '')}Z` : text);
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z?)?$/.test(text) || Number.isNaN(parsed.getTime()))
    throw new InvalidArgumentError('It is a day or a time in UTC: 2024-03-01 or 2024-03-01T12:00:00.');
  return parsed;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
