/**
 * Asks a server at a fixed rate, as people do who don't wait for each other. A request is due at its own moment, whether those before it
 * have been answered or not, and what it waits for a free client counts: a server that stalls is not asked less often for it.
 */
import { Agent, get } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface Load {
  /** Requests a second, all clients together. */
  readonly rate: number;
  readonly seconds: number;
  readonly clients: number;
  /** The address of request `number`, from 0. */
  readonly url: (number: number) => string;
  /** Ends the load before its time. */
  readonly signal?: AbortSignal | undefined;
  /** Looks at the answer of some requests. @throws where it is not as it must be. */
  readonly check?: ((body: string, number: number) => void) | undefined;
}

export interface Answered {
  /** Milliseconds from the moment a request was due to the last byte of its answer, ascending. */
  readonly latencies: Float64Array;
  /** Bytes of bodies as they came. */
  readonly bytes: number;
  /** From the first request to the last answer, seconds. */
  readonly seconds: number;
}

/** Every so manyth answer is looked into; all of them must be 200. */
const CHECKED_EVERY = 50;

/** @throws where an answer is not 200 or not as it must be: a load that fails is no measurement. */
export async function atFixedRate(load: Load): Promise<Answered> {
  const { rate, seconds, clients, url, check, signal } = load;
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const began = performance.now();
  const latencies: number[] = [];
  let bytes = 0;
  let failed: Error | undefined;
  const ask = async (number: number, due: number): Promise<void> => {
    const body = await fetched(url(number), agent);
    latencies.push(performance.now() - due);
    bytes += body.bytes.length;
    if (number % CHECKED_EVERY === 0) check?.(textOf(body), number);
  };
  const asked: Promise<void>[] = [];
  for (let number = 0; number < rate * seconds && signal?.aborted !== true; number++) {
    const due = began + (1000 * number) / rate;
    await moment(due);
    const one = ask(number, due).catch((error: unknown) => {
      failed ??= error as Error;
    });
    if (failed !== undefined) break;
    asked.push(one);
  }
  await Promise.all(asked);
  agent.destroy();
  if (failed !== undefined) throw failed;
  return {
    latencies: Float64Array.from(latencies).sort(),
    bytes,
    seconds: (performance.now() - began) / 1000,
  };
}

/** Clients that ask again as soon as they are answered: how much comes through. */
export async function asFastAsItGoes({
  seconds,
  clients,
  url,
}: Pick<Load, 'seconds' | 'clients' | 'url'>): Promise<{ readonly perSecond: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const began = performance.now();
  let asked = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - began < 1000 * seconds) await fetched(url(asked++), agent);
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    agent.destroy();
  }
  return { perSecond: (1000 * asked) / (performance.now() - began) };
}

/** Of so many of a hundred the latency is at most that. */
export function percentile({ latencies }: Answered, of: number): number {
  return latencies[Math.max(0, Math.ceil((of / 100) * latencies.length) - 1)] ?? NaN;
}

function moment(due: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, due - performance.now()));
  });
}

interface Body {
  readonly bytes: Buffer;
  readonly encoding: string | undefined;
}

/** As CbM's clients ask, which take compressed answers. */
function fetched(url: string, agent: Agent): Promise<Body> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const body = { bytes: Buffer.concat(pieces), encoding: response.headers['content-encoding'] };
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`${url} was answered ${response.statusCode}: ${textOf(body).slice(0, 200)}`));
      });
    });
    request.once('error', reject);
  });
}

function textOf({ bytes, encoding }: Body): string {
  return (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}
