/** What is read off the processes, the disks, the database and the Temporal server in a soak. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type pg from 'pg';

/** Bytes of all files below a folder; files that go away meanwhile count as nothing. */
export async function bytesBelow(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

export interface TableBytes {
  /** All tables and indexes of our schema. */
  readonly schema: number;
  /** All of the database, system catalogues too. */
  readonly database: number;
}

const TABLE_BYTES = `
  SELECT pg_database_size(current_database())::float8 AS database,
         (SELECT sum(pg_total_relation_size(c.oid))::float8 FROM pg_class c
          WHERE c.relnamespace = 'parcelwise'::regnamespace AND c.relkind = 'r') AS schema`;

export async function tableBytes(pool: pg.Pool): Promise<TableBytes> {
  return (await pool.query<TableBytes>(TABLE_BYTES)).rows[0]!;
}

/** Scenes of the catalogue by status word. */
export async function statuses(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ status: string; scenes: number }>(
    'SELECT status, count(*)::int AS scenes FROM dias_catalogue GROUP BY status',
  );
  return Object.fromEntries(rows.map(({ status, scenes }) => [status, scenes]));
}

export async function extracted(pool: pg.Pool): Promise<number> {
  return (await statuses(pool)).extracted ?? 0;
}

export const RUNNING = `ExecutionStatus = 'Running'`;
export const ENDED_TICKS = `WorkflowType = 'tick' AND ExecutionStatus != 'Running'`;

export async function countWorkflows(client: Client, query: string): Promise<number> {
  return (await client.workflow.count(query)).count;
}

/** Events of the server's own workflow behind a schedule; undefined where the server keeps schedules in another way. */
export async function schedulerEvents(client: Client, scheduleId: string): Promise<number | undefined> {
  const handle = client.workflow.getHandle(`temporal-sys-scheduler:${scheduleId}`);
  return await handle.describe().then(
    ({ historyLength }) => historyLength,
    () => undefined,
  );
}

/** A closed workflow of ours, as the server keeps it until its retention time is over. */
export interface Closed {
  readonly type: string;
  readonly status: string;
  readonly ended: number;
  readonly events: number;
  readonly bytes: number;
}

/** All workflows of our types that have come to an end, the first one first. */
export async function closedWorkflows(client: Client): Promise<Closed[]> {
  const closed: Closed[] = [];
  const types = ['tick', 'catalogueSync', 'campaign', 'scene'].map((type) => `'${type}'`).join(', ');
  for await (const found of client.workflow.list({ query: `WorkflowType IN (${types})` }))
    closed.push({
      type: found.type,
      status: found.status.name,
      ended: found.closeTime?.getTime() ?? Infinity,
      events: found.historyLength,
      bytes: found.historySize ?? 0,
    });
  return closed.sort((a, b) => a.ended - b.ended);
}
