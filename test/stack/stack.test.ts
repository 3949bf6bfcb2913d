import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { removeStack, startStack, stopStack } from '../../stack/stack.js';
import type { Stack, StackOptions } from '../../stack/stack.js';
import { postgresUser } from '../../stack/postgres-folder.js';
import { isAlive } from '../../stack/processes.js';

/** Parts that a test does without; nothing connects to them. */
const elsewhere = {
  temporal: { address: '127.0.0.1:1' },
  s3: { endpoint: 'http://127.0.0.1:1', accessKey: 'a', secretKey: 's', region: 'r', bucket: 'b' },
};

describe('the embedded stack', () => {
  let options: StackOptions;
  let lines: string[] = [];

  before(async () => {
    const root = await mkdtemp(join(tmpdir(), 'parcelwise-stack-'));
    await chmod(root, 0o711);
    options = { root, webUi: false, throwaway: true, report: (line) => lines.push(line) };
  });

  after(async () => {
    await stopStack(options.root);
    await removeStack(options.root);
  });

  async function start(more: Partial<StackOptions> = {}): Promise<Stack> {
    lines = [];
    return startStack({ ...options, ...more });
  }

  /** The database server's process, as PostgreSQL itself wrote it down. */
  async function postmaster(): Promise<number> {
    return Number.parseInt(await readFile(join(options.root, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  }

  it('answers with PostGIS in old and new databases, Temporal and S3', async () => {
    const stack = await start();
    try {
      assert.equal(
        await query(stack.database.url, 'SELECT ST_Area(ST_MakeEnvelope(0, 0, 2, 3))::int AS value'),
        6,
      );
      await query(stack.database.url, 'CREATE DATABASE another');
      const another = stack.database.url.replace(/parcelwise$/, 'another');
      assert.equal(await query(another, 'SELECT ST_SRID(ST_Point(0, 0, 4326)) AS value'), 4326);

      const connection = await Connection.connect({ address: stack.temporal.address, connectTimeout: 5_000 });
      await connection.close();

      assert.ok(stack.s3.folder !== undefined);
      await writeFile(join(stack.s3.folder, 'object.txt'), 'x');
      const unsigned = await fetch(`${stack.s3.endpoint}/${stack.s3.bucket}/object.txt`);
      assert.equal(unsigned.status, 403, 'nobody reads without the keys');
    } finally {
      await stack.stop();
    }
    await assert.rejects(query(stack.database.url, 'SELECT 1 AS value'), /ECONNREFUSED/);
  });

  it('keeps its passwords where only its user reads them', async () => {
    const { mode } = await stat(join(options.root, 'stack.json'));
    assert.equal(mode & 0o777, 0o600);
  });

  it('starts again on its data and its addresses, in seconds', async () => {
    const first = await start({ configured: elsewhere });
    await query(first.database.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    await first.stop();
    const started = Date.now();
    const second = await start({ configured: elsewhere });
    try {
      assert.equal(second.database.url, first.database.url);
      assert.equal(await query(second.database.url, 'SELECT value FROM kept'), 7);
      assert.deepEqual(lines, [], 'nothing is made anew');
      // A second or less on an idle machine; the tests share theirs.
      assert.ok(Date.now() - started < 15_000);
    } finally {
      await second.stop();
    }
  });

  it('is found by a second start, whose stop leaves it running', async () => {
    const first = await start({ configured: elsewhere });
    try {
      const second = await start({ configured: elsewhere });
      assert.equal(second.reused, true);
      assert.equal(second.database.url, first.database.url);
      await second.stop();
      assert.equal(await query(first.database.url, 'SELECT 1 AS value'), 1);
      await assert.rejects(start({ configured: elsewhere, fresh: true }), /stop it before you start afresh/);
      await assert.rejects(start(), /without some of its parts/);
    } finally {
      await first.stop();
    }
  });

  it('runs on when it is left, until it is stopped by its folder', async () => {
    const first = await start({ configured: elsewhere });
    await first.leave();
    const second = await start({ configured: elsewhere });
    assert.equal(second.reused, true);
    assert.equal(await stopStack(options.root), true);
    await assert.rejects(query(first.database.url, 'SELECT 1 AS value'), /ECONNREFUSED/);
    assert.equal(await stopStack(options.root), false);
  });

  it('ends with a starter that is killed, and starts again after it', async () => {
    const starter = spawn(process.execPath, ['--input-type=module', '-e', starterScript(options.root)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(starter.stdout, 'data');
    const pid = await postmaster();
    assert.ok(isAlive(pid));
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    for (let waited = 0; isAlive(pid) && waited < 10_000; waited += 50) await sleep(50);
    assert.equal(isAlive(pid), false, 'the guard stops the server');
    const again = await start({ configured: elsewhere });
    assert.equal(again.reused, false);
    await again.stop();
  });

  it('is not held up by the pid file of a server that is gone, though its id is another process now', async () => {
    const data = join(options.root, 'postgres');
    // Of the same user: PostgreSQL itself would take it for the server.
    const other = spawn('sleep', ['60'], { stdio: 'ignore', ...(await postgresUser()) });
    try {
      await writeFile(join(data, 'postmaster.pid'), `${other.pid ?? 0}\n${data}\n0\n5432\n\n127.0.0.1\n\n`);
      const stack = await start({ configured: elsewhere });
      assert.equal(await query(stack.database.url, 'SELECT 1 AS value'), 1);
      assert.equal(other.exitCode ?? other.signalCode, null, 'the other process is left alone');
      await stack.stop();
    } finally {
      other.kill();
    }
  });

  it('names a server that ends by itself', async () => {
    const stack = await start({ configured: elsewhere });
    process.kill(await postmaster(), 'SIGKILL');
    for (let waited = 0; lines.length === 0 && waited < 10_000; waited += 20) await sleep(20);
    assert.match(lines.join('\n'), /PostgreSQL has ended by itself \(signal SIGKILL\)/);
    await stack.stop();
  });

  it('begins anew on request', async () => {
    const stack = await start({ configured: elsewhere, fresh: true });
    assert.equal(await query(stack.database.url, "SELECT to_regclass('kept') IS NULL AS value"), true);
    await stack.stop();
  });
});

/** A program that starts the stack, says so, and then only lives. */
function starterScript(root: string): string {
  const module = new URL('../../stack/stack.js', import.meta.url).href;
  const options = { root, webUi: false, throwaway: true, configured: elsewhere };
  return `
    const { startStack } = await import(${JSON.stringify(module)});
    await startStack({ ...${JSON.stringify(options)}, report() {} });
    console.log('started');
    setInterval(() => {}, 1000);`;
}

/** The column `value` of the first row. */
async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ value: unknown }>(sql);
    return rows[0]?.value;
  } finally {
    await client.end();
  }
}
