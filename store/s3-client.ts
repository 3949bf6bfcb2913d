/** The AWS SDK's client as a configuration asks for it. */
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from './s3-config.js';
import { watchListings } from './s3-listing.js';

export interface S3Timing {
  /** A connection that brings nothing for so long counts as cut. */
  readonly idleMs: number;
  readonly connectMs: number;
  /** Tries of a request that was refused, throttled or answered by 5xx; Retry-After is heeded up to 5 s a try. */
  readonly attempts: number;
}

const TIMING: S3Timing = { idleMs: 60_000, connectMs: 10_000, attempts: 4 };

// The SDK prints at start which Node versions it means to leave behind in future; our lock file pins the SDK.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

export function openS3Client(config: S3Config, timing: S3Timing = TIMING): S3Client {
  const { credentials } = config;
  const client = new S3Client({
    forcePathStyle: config.addressing === 'path',
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...(config.region === undefined ? {} : { region: config.region }),
    ...(credentials === undefined ? {} : { credentials: () => Promise.resolve(credentials()) }),
    maxAttempts: timing.attempts,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: timing.connectMs, socketTimeout: timing.idleMs },
    // Asked for only where S3 demands it: older Ceph gateways refuse the checksum headers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  watchListings(client);
  return client;
}
