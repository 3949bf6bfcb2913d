/** The S3 gateway of the embedded stack: versitygw over a folder, every folder in it a bucket. */
import { join } from 'node:path';
import type { Report } from './report.js';
import { startServer } from './server.js';
import type { Server } from './server.js';
import { findTool } from './tools.js';

export const S3_REGION = 'us-east-1';

export interface S3Options {
  readonly binary: string;
  /** The folder of buckets. */
  readonly folder: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly logs: string;
  readonly report: Report;
}

/** The path of `versitygw`, built by `go install` where the machine does not have it. */
export function findS3Gateway(report: Report, signal?: AbortSignal): Promise<string> {
  return findTool(
    {
      name: 'versitygw',
      module: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
      expectedSeconds: 90,
      remedy:
        'install Go (https://go.dev/dl), or put versitygw on PATH (https://github.com/versity/versitygw/releases), ' +
        'or set AWS_ENDPOINT_URL to an S3 store of your own',
    },
    report,
    signal,
  );
}

/** Serves the folder on 127.0.0.1. Objects are plain files, so whatever is written there is in the store at once. */
export function startS3Gateway(options: S3Options): Promise<Server> {
  const { binary, folder, port, report } = options;
  return startServer({
    name: 'S3 gateway',
    binary,
    args: ['--port', `127.0.0.1:${port}`, '--region', S3_REGION, '--quiet', 'posix', '--nometa', folder],
    env: { ROOT_ACCESS_KEY: options.accessKey, ROOT_SECRET_KEY: options.secretKey },
    cwd: folder,
    log: join(options.logs, 's3-gateway.log'),
    stopSignal: 'SIGTERM',
    // An unsigned request is refused; that it is answered is enough.
    isReady: () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ),
    report,
  });
}
