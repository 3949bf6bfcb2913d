/** A STAC API on 127.0.0.1 for tests: pages of items that a test may change at any time, and faults on demand. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StacItem } from '../../stac/scene-facts.js';

/**
 * `merge`: POST, the next link's body holds the token alone. `whole`: POST, it holds the whole search. `get`: GET, the
 * token stands in the address, and POST is refused.
 */
export type Paging = 'merge' | 'whole' | 'get';

export interface Fault {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Asked {
  readonly collections?: readonly string[];
  readonly bbox?: readonly number[];
  readonly datetime?: string;
  readonly limit?: number;
  readonly token?: string;
}

export class ApiServer {
  items: StacItem[] = [];
  paging: Paging = 'merge';
  /** Items a page at most, whatever is asked for. */
  pageSize = 100;
  /** Whether answers say how many items match; a number to add makes a server that promises too much. */
  matched: boolean | number = true;
  /** Answers to give in place of the next pages, one each. */
  readonly faults: (Fault | 'hang' | undefined)[] = [];
  readonly asked: Asked[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ApiServer> {
    const holder: { api?: ApiServer } = {};
    const server = createServer((request, response) => {
      void holder.api!.answer(request, response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (holder.api = new ApiServer(server));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await once(this.server.close(), 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    const send = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (url.pathname === '/v1') {
      const search = { rel: 'search', href: `${this.url}/search` };
      send(200, { type: 'Catalog', id: 'test', links: [search, { rel: 'self', href: this.url }] });
      return;
    }
    if (url.pathname !== '/v1/search') {
      send(404, { detail: 'Not Found' });
      return;
    }
    if (this.paging === 'get' && request.method === 'POST') {
      send(405, { detail: 'Method Not Allowed' });
      return;
    }
    const asked = await read(request, url);
    this.asked.push(asked);
    const fault = this.faults.shift();
    if (fault === 'hang') return;
    if (fault) send(fault.status, fault.body ?? '', fault.headers);
    else send(200, this.page(asked));
  }

  private page(asked: Asked): object {
    const found = this.items.filter((item) => isMatch(item, asked));
    const from = Number(asked.token ?? 0);
    const to = from + Math.min(asked.limit ?? 10, this.pageSize);
    const extra = typeof this.matched === 'number' ? this.matched : 0;
    return {
      type: 'FeatureCollection',
      features: found.slice(from, to),
      ...(this.matched !== false && { numberMatched: found.length + extra }),
      links: to < found.length ? [this.next(asked, String(to))] : [],
    };
  }

  private next(asked: Asked, token: string): object {
    const href = `${this.url}/search`;
    switch (this.paging) {
      case 'merge':
        return { rel: 'next', method: 'POST', href, body: { token }, merge: true };
      case 'whole':
        return { rel: 'next', method: 'POST', href, body: { ...asked, token } };
      case 'get':
        return { rel: 'next', href: `${href}?${new URLSearchParams({ ...flat(asked), token }).toString()}` };
    }
  }
}

async function read(request: IncomingMessage, url: URL): Promise<Asked> {
  if (request.method === 'POST') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return JSON.parse(Buffer.concat(chunks).toString()) as Asked;
  }
  const text = Object.fromEntries(url.searchParams);
  return {
    ...(text.collections !== undefined && { collections: text.collections.split(',') }),
    ...(text.bbox !== undefined && { bbox: text.bbox.split(',').map(Number) }),
    ...(text.datetime !== undefined && { datetime: text.datetime }),
    ...(text.limit !== undefined && { limit: Number(text.limit) }),
    ...(text.token !== undefined && { token: text.token }),
  };
}

function flat(asked: Asked): Record<string, string> {
  return Object.fromEntries(Object.entries(asked).map(([key, value]) => [key, String(value)]));
}

function isMatch(item: StacItem, { collections, bbox, datetime }: Asked): boolean {
  if (collections && !collections.includes(String(item.collection))) return false;
  const [start, end] = (datetime ?? '/').split('/').map((text) => Date.parse(text));
  const time = Date.parse(String(item.properties?.datetime));
  if (time < start! || time > end!) return false;
  const rings = (item.geometry as { coordinates: number[][][] } | null)?.coordinates;
  const [west, south, east, north] = bbox ?? [-180, -90, 180, 90];
  return (
    rings === undefined ||
    rings[0]!.some(([x, y]) => x! >= west! && x! <= east! && y! >= south! && y! <= north!)
  );
}
