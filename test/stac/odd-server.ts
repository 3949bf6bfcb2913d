/** A server on 127.0.0.1 that answers what a test makes up. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export class OddServer {
  /** Of each request: method, path, headers. */
  readonly asked: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[] = [];

  private constructor(
    private readonly server: Server,
    public answer: Answer,
  ) {}

  static async start(answer: Answer): Promise<OddServer> {
    const holder: { odd?: OddServer } = {};
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const odd = holder.odd!;
        odd.asked.push({ method: request.method!, path: request.url!, headers: request.headers });
        odd.answer(request, response, Buffer.concat(pieces).toString());
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (holder.odd = new OddServer(server, answer));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

export function sendOn(response: ServerResponse, location: string, status = 302): void {
  response.writeHead(status, { location }).end();
}
