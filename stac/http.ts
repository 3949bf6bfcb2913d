/** JSON by http(s) or from a file, with time limits; what a server asks for by `Retry-After` is heeded. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { certificateFault } from '../store/certificate.js';
import { StacDenied, StacFailure } from './errors.js';

export interface Request {
  /** `https:`, `http:` or `file:`. */
  readonly url: string;
  readonly method?: 'GET' | 'POST' | undefined;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface HttpOptions {
  readonly signal?: AbortSignal | undefined;
  /** For one answer, all of it; default 60 s. */
  readonly timeoutMs?: number | undefined;
  /** A server that wants to be left alone for longer is asked again by the caller; default 20 s. */
  readonly patienceMs?: number | undefined;
}

/** The server has no such address, or does not take this method: another way may work. */
export class NotOffered extends StacDenied {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const TIMEOUT_MS = 60_000;
const PATIENCE_MS = 20_000;
/** A server that says "busy" without saying for how long. */
const PAUSE_MS = 2_000;
const TRIES = 4;

/** @throws StacDenied, NotOffered, StacFailure; the signal's reason when it aborts. */
export async function fetchJson(request: Request, options: HttpOptions = {}): Promise<unknown> {
  if (request.url.startsWith('file:')) return readJson(request.url);
  const patience = options.patienceMs ?? PATIENCE_MS;
  for (let tries = 1; ; tries++) {
    const answer = await ask(request, options);
    if (answer.ok) return answer.json;
    const { error } = answer;
    const pause = error.retryAfterMs ?? PAUSE_MS;
    if (!answer.busy || pause > patience || tries === TRIES) throw error;
    await sleep(pause, undefined, { signal: options.signal });
  }
}

type Answer =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly busy: boolean; readonly error: StacFailure };

async function ask(request: Request, { signal, timeoutMs = TIMEOUT_MS }: HttpOptions): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs);
  const where = shown(request.url);
  try {
    const response = await fetch(request.url, {
      method: request.method ?? 'GET',
      headers: {
        accept: 'application/geo+json, application/json',
        ...(request.body && { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body && { body: JSON.stringify(request.body) }),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    const content = await response.text();
    if (response.ok) return { ok: true, json: parse(content, where) };
    return { ok: false, busy: isBusy(response.status), error: refusal(response, content, where) };
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof StacDenied) throw error;
    if (error instanceof StacFailure) return { ok: false, busy: false, error };
    const fault = certificateFault(causeOf(error), new URL(request.url).host);
    if (fault?.mayPass === false) throw new StacDenied(`${where}: ${fault.why}`);
    const why = limit.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
    return { ok: false, busy: false, error: new StacFailure(`${where}: ${why}`) };
  }
}

const isBusy = (status: number): boolean => status === 429 || status === 503;

/** @throws StacDenied, NotOffered where trying again can't help. */
function refusal(response: Response, content: string, where: string): StacFailure {
  const { status } = response;
  const message = `${where}: ${status} ${response.statusText}${said(content)}`;
  if (isBusy(status) || status === 408 || status >= 500) {
    if (status === 501) throw new NotOffered(status, message);
    return new StacFailure(message, retryAfter(response.headers.get('retry-after')));
  }
  if (status === 404 || status === 405) throw new NotOffered(status, message);
  throw new StacDenied(message);
}

/** Milliseconds of a `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isFinite(seconds) ? 1000 * seconds : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

/** What the server says of the fault, in a line. */
function said(content: string): string {
  const line = content.replace(/\s+/g, ' ').trim();
  return line === '' || line.startsWith('<') ? '' : `: ${line.slice(0, 300)}`;
}

function parse(content: string, where: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // A cut answer and a proxy's page look the same from here; either may be gone the next time.
    throw new StacFailure(
      `${where}: the answer is not JSON, it begins with ${JSON.stringify(content.slice(0, 40))}`,
    );
  }
}

async function readJson(url: string): Promise<unknown> {
  const path = fileURLToPath(url);
  try {
    return parse(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof StacFailure) throw new StacDenied(error.message);
    throw new NotOffered(
      404,
      `${path} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}

/** Node puts the reason of a failed fetch (ECONNREFUSED, a certificate) into the cause. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code;
  return cause.message === '' ? (code ?? cause.name) : cause.message;
}

/** An address as it may be shown: without user, password and query, where tokens stand. */
export function shown(url: string): string {
  if (!URL.canParse(url)) return url.slice(0, 100);
  const { protocol, host, pathname } = new URL(url);
  return protocol === 'file:' ? pathname : `${protocol}//${host}${pathname}`;
}
