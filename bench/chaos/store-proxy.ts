/** An HTTP proxy in front of the S3 gateway that is busy, slow, cuts downloads, refuses, or has objects replaced. */
import { copyFile, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type Trouble =
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'refuse' };

/** An object whose place another one takes for a while: of the same size, of other bytes, and with a later date. */
interface Swap {
  readonly path: string;
  readonly file: string;
  readonly kept: string;
  readonly over: () => void;
  /** Set when the object is being put back. */
  ending?: Promise<void>;
}

export class StoreProxy {
  /** What every request meets for the time being. */
  trouble: Trouble | undefined;
  /** Requests that met trouble. */
  hits = 0;
  private readonly server: Server;
  private wantsSwap: (() => void) | undefined;
  private swap: Swap | undefined;

  /** @param folder the gateway's own, in which buckets are folders. */
  constructor(
    private readonly upstream: number,
    private readonly folder: string,
  ) {
    this.server = createServer((incoming, outgoing) => {
      this.answer(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * The next object that is fetched is another one when it is looked at, is cut in the middle of that, and is itself
   * again when the rest is asked for: who puts the halves together has a file that never was. Resolves when it is over.
   */
  replaceNext(): Promise<void> {
    return new Promise((resolve) => {
      this.wantsSwap = resolve;
    });
  }

  /** No object is replaced any more: one that nobody has come back for is put back. */
  async endReplacing(): Promise<void> {
    this.wantsSwap = undefined;
    if (this.swap) await this.endSwap(this.swap);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { trouble } = this;
    if (trouble?.kind === 'refuse') {
      this.hits += 1;
      incoming.socket.resetAndDestroy();
      return;
    }
    if (trouble?.kind === 'busy') {
      this.hits += 1;
      outgoing.writeHead(503, { 'retry-after': String(trouble.retryAfterSeconds) }).end();
      return;
    }
    const path = incoming.url?.split('?')[0] ?? '';
    const isDownload = incoming.method === 'GET' && !(incoming.url ?? '').includes('list-type=');
    if (isDownload && this.wantsSwap) await this.beginSwap(path);
    const swapped = isDownload && this.swap?.path === path ? this.swap : undefined;
    await this.pass(incoming, outgoing, isDownload ? trouble : undefined, swapped);
  }

  private async pass(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    trouble: Trouble | undefined,
    swapped: Swap | undefined,
  ): Promise<void> {
    const { method, url: path, headers } = incoming;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const upstream = request(
        { port: this.upstream, host: '127.0.0.1', method, path, headers, agent: false },
        resolve,
      );
      upstream.on('error', reject);
      incoming.pipe(upstream);
    });
    const length = Number(answer.headers['content-length'] ?? 0);
    // The other object is never fetched to its end: that would be a version of it like any other.
    const cuts = trouble?.kind === 'cut' || swapped !== undefined;
    if (trouble && length > 0) this.hits += 1;
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers).flushHeaders();
    let left = cuts ? length >> 1 : Infinity;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      if (piece.length >= left) {
        // What was written must reach the other side before the cut.
        outgoing.write(piece.subarray(0, left));
        if (swapped) await this.endSwap(swapped);
        setTimeout(() => outgoing.destroy(), 50);
        return;
      }
      left -= piece.length;
      if (!outgoing.write(piece)) await drained(outgoing);
      if (trouble?.kind === 'slow') await pause((1000 * piece.length) / trouble.bytesPerSecond);
    }
    outgoing.end();
  }

  private async beginSwap(path: string): Promise<void> {
    const over = this.wantsSwap;
    if (!over) return;
    this.wantsSwap = undefined;
    const file = join(this.folder, ...path.split('/').map(decodeURIComponent));
    const kept = join(this.folder, '..', 'kept-object');
    await copyFile(file, kept);
    const bytes = await readFile(file);
    await put(
      file,
      bytes.map((byte) => byte ^ 0xff),
      (await stat(file)).mtimeMs + 10_000,
    );
    this.swap = { path, file, kept, over };
  }

  private async endSwap(swap: Swap): Promise<void> {
    swap.ending ??= this.putBack(swap);
    await swap.ending;
  }

  private async putBack({ file, kept, over }: Swap): Promise<void> {
    await put(file, await readFile(kept), (await stat(file)).mtimeMs + 10_000);
    // Only now, so that whoever came meanwhile is cut too.
    this.swap = undefined;
    over();
  }
}

/** Puts an object in a file's place at once. The file may be linked elsewhere, so it is not written into. */
async function put(file: string, bytes: Uint8Array, modifiedMs: number): Promise<void> {
  await writeFile(`${file}.new`, bytes);
  await utimes(`${file}.new`, modifiedMs / 1000, modifiedMs / 1000);
  await rename(`${file}.new`, file);
}

function drained(stream: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off('drain', go).off('close', go);
      resolve();
    };
    stream.on('drain', go).on('close', go);
    if (stream.destroyed) go();
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
