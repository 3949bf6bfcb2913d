/**
 * The read side over HTTP: CbM's API for the tools that know it, and our own.
 *
 * Terms. *Dataset*: the parcels of an area and year with the series of them, as CbM's datasets.json names it. *Account*: who may ask,
 * by a password or a token, for which areas. *Route*: a path with an answer.
 */
import { readFileSync } from 'node:fs';
import compress from '@fastify/compress';
import etag from '@fastify/etag';
import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Log } from '../telemetry/log.js';
import { ServerMetrics } from '../telemetry/metrics.js';
import { type Accounts, guard } from './accounts/access.js';
import { registerChipBatches } from './cbm/chip-batches.js';
import { registerChipFiles } from './cbm/chip-files.js';
import { registerChipPages } from './cbm/chip-pages.js';
import { registerInfoRoute } from './cbm/info.js';
import { registerMarkerRoutes } from './cbm/markers.js';
import { registerParcelRoutes } from './cbm/parcels.js';
import { registerRawChipRoutes } from './cbm/raw-chips.js';
import { registerSeriesRoutes } from './cbm/series.js';
import { answerFaults } from './faults.js';
import { registerHealth } from './health.js';
import { type Limits, LIMITS, refuseWhenBusy } from './limits.js';
import { queryParser } from './query-parser.js';
import type { Served } from './served.js';
import { registerV1 } from './v1/v1.js';

export interface ServerOptions {
  readonly log: Log;
  /** Undefined: everybody may ask for everything. */
  readonly accounts?: Accounts | undefined;
  /** Requests a second of one account (or address, without accounts), over ten seconds; 0 for any number. */
  readonly rateLimit?: number | undefined;
  /** Addresses of proxies whose X-Forwarded-For is believed, or true for any. */
  readonly trustProxy?: string | boolean | undefined;
  /** Files of a certificate (PEM), and of its key. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly limits?: Limits | undefined;
}

/** Over so long the rate is reckoned: who opens a page asks for much at once. */
const RATE_WINDOW_S = 10;

/** zlib's level. Its usual one (6) takes twice the time of this one for a season's series, and saves a twentieth. */
const COMPRESSION = 3;

/** The server with all its routes; it listens when it is told to. */
export async function buildServer(served: Served, options: ServerOptions): Promise<FastifyInstance> {
  const { log, accounts, tls, limits = LIMITS } = options;
  const settings = {
    logger: false,
    trustProxy: options.trustProxy ?? false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.silentMs,
    keepAliveTimeout: limits.keepAliveMs,
    forceCloseConnections: 'idle' as const,
    // CbM's clients and pages spell the paths in several ways.
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, querystringParser: queryParser },
  };
  // How long a request takes to arrive is looked at so often.
  const node = { headersTimeout: limits.requestMs, connectionsCheckingInterval: limits.requestMs / 4 };
  const files = tls && { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
  const app = (
    files === undefined
      ? fastify({ ...settings, http: node })
      : fastify({ ...settings, https: { ...node, ...files } })
  ) as FastifyInstance;
  const metrics = new ServerMetrics(served.pool);
  answerFaults(app, log);
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics.answered(route, reply.statusCode, reply.elapsedTime / 1000);
    const who = request.account?.name ?? '-';
    log.debug(
      `${request.method} ${loggedPath(request)} ${reply.statusCode} ${Math.round(reply.elapsedTime)} ms ${who}`,
    );
    done();
  });
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', (_, reply, payload, done) => {
    // What one account may see is not for a shared cache; and what is the same is not sent again.
    reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'private, no-cache' });
    // A connection that a client would keep for its next question would keep the process.
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
  guard(app, accounts);
  if (options.rateLimit !== undefined && options.rateLimit > 0)
    await app.register(rateLimit, {
      hook: 'preHandler',
      max: Math.ceil(options.rateLimit * RATE_WINDOW_S),
      timeWindow: RATE_WINDOW_S * 1000,
      keyGenerator: (request) =>
        accounts === undefined ? request.ip : (request.account?.name ?? request.ip),
    });
  refuseWhenBusy(app, served.pool, limits);
  await app.register(compress, {
    ...{ threshold: limits.compressFromBytes, encodings: ['gzip', 'deflate'] },
    zlibOptions: { level: COMPRESSION },
  });
  await app.register(etag, { weak: true });
  registerHealth(app, served, metrics);
  registerInfoRoute(app, served);
  registerParcelRoutes(app, served);
  registerSeriesRoutes(app, served);
  registerMarkerRoutes(app, served);
  registerRawChipRoutes(app, served);
  registerChipBatches(app, served);
  registerChipPages(app, served);
  registerChipFiles(app, served);
  await registerV1(app, served, log);
  return app;
}

/**
 * What is asked, as the log may have it: of a whole URL a client may have written a password into the part before the path, and a
 * file that is lent to who asked is had by its name alone.
 */
function loggedPath({ url, routeOptions }: FastifyRequest): string {
  const route = routeOptions.url ?? '';
  return route.startsWith('/static/') ? route : url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '');
}
