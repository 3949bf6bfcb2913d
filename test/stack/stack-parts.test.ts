import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { freePort } from '../../stack/ports.js';
import { clusterFolder, postgresUser, removeCluster } from '../../stack/postgres-folder.js';
import { reportTo } from '../../stack/report.js';
import { startServer } from '../../stack/server.js';
import { findTool } from '../../stack/tools.js';

const silent = (): void => undefined;

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parcelwise-parts-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs with only `folder` on PATH and as the cache. */
async function withOnlyFolder(folder: string, use: () => Promise<void>): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, { PATH: folder, XDG_CACHE_HOME: folder });
  try {
    await use();
  } finally {
    process.env = before;
  }
}

describe('a program', () => {
  const tool = {
    name: 'parcelwise-no-such-tool',
    module: 'unused',
    expectedSeconds: 1,
    remedy: 'put it on PATH',
  };

  it('is taken from PATH', () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, tool.name), '#!/bin/sh\n', { mode: 0o755 });
      await withOnlyFolder(folder, async () => {
        assert.equal(await findTool(tool, silent), join(folder, tool.name));
      });
    }));

  it('that is neither there nor can be built is named with its remedy', () =>
    withFolder((folder) =>
      withOnlyFolder(folder, async () => {
        await assert.rejects(
          findTool(tool, silent),
          /parcelwise-no-such-tool is not installed.*put it on PATH/,
        );
      }),
    ));

  it('whose build fails is named with what the build said', () =>
    withFolder(async (folder) => {
      const go =
        '#!/bin/sh\nif [ "$1" = env ]; then echo; echo /nonexistent; else echo "no such module" >&2; exit 1; fi\n';
      await writeFile(join(folder, 'go'), go, { mode: 0o755 });
      await withOnlyFolder(folder, async () => {
        await assert.rejects(
          findTool(tool, silent),
          /building parcelwise-no-such-tool failed: no such module\nput it on PATH/,
        );
      });
    }));
});

describe('a port', () => {
  it('that is wanted is taken while it is free', async () => {
    const port = await freePort();
    assert.equal(await freePort(port), port);
    const holder = createServer().listen(port, '127.0.0.1');
    await once(holder, 'listening');
    assert.notEqual(await freePort(port), port);
    holder.close();
  });

  it('that is picked is none of those that outgoing connections take', async () => {
    const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '49152');
    for (let attempt = 0; attempt < 20; attempt++) assert.ok((await freePort()) < parseInt(range));
  });
});

describe('a server', () => {
  it('that ends at its start is an error that shows the end of its log', () =>
    withFolder(async (folder) => {
      const starting = startServer({
        name: 'Teapot',
        binary: '/bin/sh',
        args: ['-c', 'echo no water >&2; exit 3'],
        cwd: folder,
        log: join(folder, 'teapot.log'),
        stopSignal: 'SIGTERM',
        isReady: () => Promise.resolve(false),
        report: silent,
      });
      await assert.rejects(starting, /Teapot ended at its start \(exit code 3\)[^]*no water/);
    }));
});

describe(
  'the cluster',
  { skip: process.getuid?.() !== 0 && 'only root runs PostgreSQL as another user' },
  () => {
    it("of a folder that PostgreSQL's user cannot enter lies where it can", () =>
      withFolder(async (folder) => {
        await chmod(folder, 0o700);
        const user = await postgresUser();
        const lines: string[] = [];
        const place = await clusterFolder(folder, user, (line) => lines.push(line));
        try {
          assert.equal(await readlink(join(folder, 'postgres')), place);
          assert.match(lines.join('\n'), /cannot enter/);
          assert.equal(await clusterFolder(folder, user, silent), place, 'the next start finds it there');
        } finally {
          await removeCluster(folder);
        }
        await assert.rejects(stat(join(place, '..')), /ENOENT/);
      }));
  },
);

describe('the report', () => {
  it('shows only one passing line in 15 seconds where there is no terminal', () => {
    const stream = new PassThrough();
    const report = reportTo(stream as unknown as NodeJS.WriteStream);
    report('building: 0:01', 'passing');
    report('building: 0:02', 'passing');
    report('built');
    assert.equal(String(stream.read()), 'building: 0:01\nbuilt\n');
  });
});
