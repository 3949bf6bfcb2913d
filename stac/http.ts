/** JSON by http(s) or from a file, with bounds on time and size; what a server asks for by `Retry-After` is heeded. */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { networkFault } from '../store/network-fault.js';
import {
  type AllowedAddresses,
  AddressNotAllowed,
  readAllowedAddresses,
} from '../store/allowed-addresses.js';
import { printable } from '../store/printable.js';
import { redirectOf, redirectTarget, Sender } from '../store/sender.js';
import { retryAfterMs } from '../store/web-answer.js';
import { readBody } from './body.js';
import { StacDenied, StacFailure } from './errors.js';
import { readJsonFile } from './json-file.js';

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
  readonly longestPauseMs?: number | undefined;
  /** What may be asked; default: what the environment says. */
  readonly allowed?: AllowedAddresses | undefined;
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
const LONGEST_PAUSE_MS = 20_000;
/** A server that says "busy" without saying for how long. */
const PAUSE_MS = 2_000;
const TRIES = 4;
const MAX_REDIRECTS = 5;
const SETTING = 'the STAC address (--stac, or a link of that source)';

/** Connections are kept for as long as a process asks for pages; those that wait keep no process alive. */
const sender = new Sender();

/** @throws StacDenied, NotOffered, StacFailure; the signal's reason when it aborts. */
export async function fetchJson(request: Request, options: HttpOptions = {}): Promise<unknown> {
  const { allowed = readAllowedAddresses(process.env) } = options;
  if (request.url.startsWith('file:')) return readJsonFile(request.url, allowed);
  const longest = options.longestPauseMs ?? LONGEST_PAUSE_MS;
  for (let tries = 1; ; tries++) {
    const answer = await ask(request, options, allowed);
    if (answer.ok) return answer.json;
    const { error } = answer;
    const pause = error.retryAfterMs ?? PAUSE_MS;
    if (!answer.busy || pause > longest || tries === TRIES) throw error;
    await sleep(pause, undefined, { signal: options.signal });
  }
}

type Answer =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly busy: boolean; readonly error: StacFailure };

async function ask(
  request: Request,
  { signal, timeoutMs = TIMEOUT_MS }: HttpOptions,
  allowed: AllowedAddresses,
): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs);
  const where = shown(request.url);
  let host = '';
  const onHop = (at: URL): void => {
    host = at.host;
  };
  try {
    const both = signal ? AbortSignal.any([signal, limit]) : limit;
    const response = await follow(request, both, timeoutMs, allowed, onHop);
    const content = await readBody(response, where);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return { ok: true, json: parse(content, where) };
    return { ok: false, busy: isBusy(status), error: refusal(response, content, where) };
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof StacDenied) throw error;
    if (error instanceof StacFailure) return { ok: false, busy: false, error };
    if (error instanceof AddressNotAllowed) throw new StacDenied(`${where}: ${error.message}`);
    if (limit.aborted) {
      const late = new StacFailure(
        `${where}: no answer within ${timeoutMs / 1000} s; the host is named by ${SETTING}`,
      );
      return { ok: false, busy: false, error: late };
    }
    const { why, mayPass } = networkFault(error, host, SETTING);
    if (!mayPass) throw new StacDenied(`${where}: ${why}`);
    return { ok: false, busy: false, error: new StacFailure(`${where}: ${why}`) };
  }
}

/**
 * Sends a request, and follows where it is sent on; headers that a source gave for one host go to no other.
 * @param onHop told of each address before it is asked.
 */
async function follow(
  request: Request,
  signal: AbortSignal,
  idleMs: number,
  allowed: AllowedAddresses,
  onHop: (at: URL) => void,
): Promise<IncomingMessage> {
  const from = addressOf(request.url);
  let { method = 'GET', body, headers } = request;
  let at = from;
  for (let redirects = 0; ; redirects++) {
    const sent = {
      accept: 'application/geo+json, application/json',
      'accept-encoding': 'gzip',
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    };
    const text = body && JSON.stringify(body);
    onHop(at);
    const answer = await sender.send(at, { method, headers: sent, body: text, signal, idleMs }, allowed);
    const location = redirectOf(answer);
    if (location === undefined) return answer;
    answer.destroy();
    const next = redirectTarget(location, at);
    if (next === undefined || redirects === MAX_REDIRECTS)
      throw new StacDenied(
        `${shown(request.url)} leads to ${printable(shown(location))}, which is not followed`,
      );
    if (next.origin !== at.origin) headers = undefined;
    if (answer.statusCode !== 307 && answer.statusCode !== 308) [method, body] = ['GET', undefined];
    at = next;
  }
}

function addressOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new StacDenied(`${printable(shown(text))}: STAC sources are read by https:, http: and file: only`);
  if (url.username !== '' || url.password !== '')
    throw new StacDenied(`${shown(text)}: addresses with a user name or password in them are not used`);
  return url;
}

const isBusy = (status: number): boolean => status === 429 || status === 503;

/** @throws StacDenied, NotOffered where trying again can't help. */
function refusal(response: IncomingMessage, content: string, where: string): StacFailure {
  const { statusCode: status = 0, statusMessage = '', headers } = response;
  const message = `${where}: ${status} ${printable(statusMessage, 60)}${said(content)}`;
  if (isBusy(status) || status === 408 || status === 425 || status >= 500) {
    if (status === 501) throw new NotOffered(status, message);
    return new StacFailure(message, retryAfterMs(headers['retry-after']));
  }
  if (status === 404 || status === 405) throw new NotOffered(status, message);
  throw new StacDenied(message);
}

/** Fields in which services say what was wrong with a request (FastAPI, RFC 9457, OGC). */
const REASONS = ['description', 'detail', 'title', 'message'];

/** What the service says of the fault, where it says it in such a field; nothing else of an answer is ever shown. */
function said(content: string): string {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = (JSON.parse(content) ?? {}) as typeof fields;
  } catch {
    return '';
  }
  const reason = REASONS.map((name) => fields[name]).find((one) => typeof one === 'string' && one !== '');
  return typeof reason === 'string' ? `: ${printable(reason)}` : '';
}

function parse(content: string, where: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    // A cut answer and a proxy's page look the same from here; either may be gone the next time.
    throw new StacFailure(
      `${where}: the answer is not JSON; does a proxy or a login stand between, or was it cut?`,
    );
  }
}

/** An address as it may be shown: without user, password and query, where tokens stand. */
export function shown(url: string): string {
  if (!URL.canParse(url)) return printable(url.replace(/[?#].*$/s, ''), 100);
  const { protocol, host, pathname } = new URL(url);
  return protocol === 'file:' ? pathname : `${protocol}//${host}${pathname}`;
}
