/** A real S3 gateway (versitygw over a folder) for the tests of the store. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../../store/s3-config.js';

const ACCESS_KEY = 'tester';
export const SECRET_KEY = 'never-to-be-seen';
const START_MS = 15_000;

export class Gateway {
  readonly client: S3Client;

  private constructor(
    readonly root: string,
    readonly port: number,
    private readonly process: ChildProcess,
  ) {
    this.client = new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    });
  }

  /** Starts a gateway with a bucket `eodata`; `options` are versitygw's own for a posix folder. */
  static async start(options: readonly string[] = []): Promise<Gateway> {
    const root = await mkdtemp(join(tmpdir(), 'parcelwise-store-'));
    await mkdir(join(root, 'data', 'eodata'), { recursive: true });
    await mkdir(join(root, 'meta'));
    const port = await freePort();
    const kept = options.includes('--nometa') ? [] : ['--sidecar', join(root, 'meta')];
    const child = spawn(
      findGateway(),
      ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', ...kept, ...options, join(root, 'data')],
      { stdio: 'ignore', env: { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY } },
    );
    await listening(port, child);
    return new Gateway(root, port, child);
  }

  /** The folder behind the bucket. */
  get bucketFolder(): string {
    return join(this.root, 'data', 'eodata');
  }

  config(changes: Partial<S3Config> = {}): S3Config {
    return {
      endpoint: `http://127.0.0.1:${this.port}`,
      bucket: 'eodata',
      region: 'us-east-1',
      addressing: 'path',
      credentials: () => ({ accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY }),
      ...changes,
    };
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: 'eodata', Key: key, Body: body }));
  }

  async stop(): Promise<void> {
    this.client.destroy();
    const ended = once(this.process, 'exit');
    this.process.kill();
    await ended;
    await rm(this.root, { recursive: true, force: true });
  }
}

/** VERSITYGW, PATH, or the project's cache folder. */
function findGateway(): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'parcelwise', 'bin');
  const folders = [...(process.env.PATH ?? '').split(delimiter), cache];
  const found = [process.env.VERSITYGW, ...folders.map((folder) => join(folder, 'versitygw'))].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  );
  if (found !== undefined) return found;
  throw new Error('versitygw is not installed; run these tests by `npm test`, or set VERSITYGW');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with code ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await delay(50);
  }
  throw new Error('versitygw does not listen');
}
