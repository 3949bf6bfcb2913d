/** Answers `/healthz` and `/readyz` for a process that serves nothing else over HTTP. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readiness } from './readiness.js';

export interface HealthAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface HealthListener {
  readonly url: string;
  close(): Promise<void>;
}

/** A probe is a line; nobody needs longer to send it. */
const REQUEST_MS = 5_000;

/** @throws the error of the system where it can't listen there. */
export async function listenForHealth(
  { host, port }: HealthAddress,
  readiness: () => Promise<Readiness>,
): Promise<HealthListener> {
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request, response) => {
      const [path] = (request.url ?? '').split('?');
      if (request.method !== 'GET' && request.method !== 'HEAD') send(response, 405, { error: 'GET it' });
      else if (path === '/healthz') send(response, 200, { alive: true });
      else if (path === '/readyz')
        void readiness().then((told) => {
          send(response, told.ready ? 200 : 503, told);
        });
      else send(response, 404, { error: 'Here are /healthz and /readyz.' });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A process that has nothing else left to do is at its end.
  server.unref();
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(`${JSON.stringify(body)}\n`);
}
