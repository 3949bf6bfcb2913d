/** Looks for the planted passwords in all that a run leaves where people may read: logs, histories, titles, tables. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type pg from 'pg';

/** Where a secret was found, never the secret itself. */
export type Leak = string;

/** Each answer has a worker replay a history. */
const WORKFLOWS_ASKED = 60;

export class SecretHunt {
  readonly leaks = new Set<Leak>();
  /** What was looked through. */
  readonly looked = { files: 0, histories: 0, titles: 0, answers: 0 };

  constructor(private readonly secrets: readonly string[]) {}

  async searchFolder(folder: string): Promise<void> {
    for (const name of await readdir(folder, { recursive: true })) {
      const bytes = await readFile(join(folder, name)).catch(() => undefined);
      if (!bytes) continue;
      this.looked.files += 1;
      this.search(bytes, `file ${name}`);
    }
  }

  /** Every text and every payload of every history, payloads as the bytes they are. */
  async searchHistories(client: Client): Promise<void> {
    for await (const { workflowId, runId } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      this.looked.histories += 1;
      this.searchDeep(history, `history of ${workflowId}`, new Set());
    }
  }

  /**
   * What workflows answer to whoever asks: their details for people, their stacks, the campaigns' progress, and what the
   * server knows of each: search attributes, and failures of activities that are being tried again.
   */
  async searchAnswers(client: Client): Promise<void> {
    let asked = 0;
    for await (const { workflowId, runId, type } of client.workflow.list()) {
      if (asked++ === WORKFLOWS_ASKED) break;
      const handle = client.workflow.getHandle(workflowId, runId);
      const answers = [
        () => handle.describe(),
        () => handle.query('__temporal_workflow_metadata'),
        () => handle.query('__stack_trace'),
        ...(type === 'campaign' ? [() => handle.query('progress')] : []),
      ];
      for (const ask of answers) {
        // No worker may be there to answer at this moment.
        const answer: unknown = await ask().catch(() => undefined);
        if (answer === undefined) continue;
        this.looked.answers += 1;
        this.searchDeep(answer, `answer of ${workflowId}`, new Set());
      }
    }
  }

  /** Command lines of all processes, which any user of the machine may read. */
  async searchTitles(): Promise<void> {
    for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
      const title = await readFile(`/proc/${pid}/cmdline`).catch(() => undefined);
      if (!title) continue;
      this.looked.titles += 1;
      this.search(title, `title of process ${pid}`);
    }
  }

  async searchTables(pool: pg.Pool): Promise<void> {
    const { rows } = await pool.query<{ text: string }>(
      'SELECT e::text AS text FROM parcelwise.extraction e',
    );
    for (const { text } of rows) this.search(Buffer.from(text), 'parcelwise.extraction');
  }

  private searchDeep(value: unknown, where: string, seen: Set<object>): void {
    if (typeof value === 'object' && value !== null) {
      if (seen.has(value)) return;
      seen.add(value);
    }
    if (value instanceof Uint8Array) this.search(value, where);
    else if (typeof value === 'string') this.search(Buffer.from(value), where);
    else if (typeof value === 'object' && value !== null)
      for (const part of Object.values(value)) this.searchDeep(part, where, seen);
  }

  private search(bytes: Uint8Array, where: string): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (this.secrets.some((secret) => buffer.includes(secret))) this.leaks.add(where);
  }
}
