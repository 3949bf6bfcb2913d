/**
 * Lets in who may ask: every route but those of health wants an account, and a route that names an area of interest wants one that
 * may see it. The answers are those that CbM's clients know.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem, tellsProblems } from '../problem.js';
import type { Account } from './account.js';
import { maySee, NOBODY_ASKED } from './account.js';
import { credentialsOf } from './credentials.js';
import { FailedAttempts } from './failed-attempts.js';
import type { Tokens } from './tokens.js';
import { TooManyChecks, type Users } from './users.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined on routes that are open to all. */
    account?: Account;
  }
  interface FastifyContextConfig {
    /** A route that wants no account. */
    readonly open?: boolean;
  }
}

/** Where accounts come from. */
export interface Accounts {
  readonly users?: Users | undefined;
  readonly tokens?: Tokens | undefined;
}

interface Refusal {
  readonly code: 401 | 429 | 503;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string | number>>;
}

const UNKNOWN: Refusal = {
  code: 401,
  text: 'Could not verify.',
  headers: { 'www-authenticate': 'Basic realm="Login Required"' },
};

/** CbM's clients take 401 for what 403 would be the word for. */
const NOT_THEIRS: Refusal = {
  code: 401,
  text: 'Not authorised for this dataset. Please ask the administrator of the server.',
};

/** For those who read problems. */
const REMEDIES: Readonly<Record<Refusal['code'], string>> = {
  401: 'Send the name and password of an account (Basic), or a token (Bearer).',
  429: 'Wait, and look at the name and password.',
  503: 'Ask again, or use a token: it is checked at once.',
};

/** @param accounts undefined: everybody is let in. */
export function guard(app: FastifyInstance, accounts: Accounts | undefined): void {
  const failed = new FailedAttempts();
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.open === true) return;
    const judged = accounts === undefined ? NOBODY_ASKED : await judge(accounts, failed, request);
    if ('code' in judged) return refuse(request, reply, judged);
    const { aoi } = request.query as { readonly aoi?: string };
    if (aoi !== undefined && aoi !== '' && !maySee(judged, aoi)) return refuse(request, reply, NOT_THEIRS);
    request.account = judged;
  });
}

async function judge(
  { users, tokens }: Accounts,
  failed: FailedAttempts,
  request: FastifyRequest,
): Promise<Account | Refusal> {
  const credentials = credentialsOf(request.headers.authorization);
  if (credentials === undefined) return UNKNOWN;
  const { kind } = credentials;
  const name = kind === 'basic' ? credentials.name : '';
  // What costs nothing to know is known before anybody has to wait for others' wrong guesses.
  const known =
    kind === 'basic' ? users?.remembered(name, credentials.password) : tokens?.verify(credentials.token);
  if (known !== undefined) return known;
  const seconds = failed.waitFor(request.ip, name);
  if (seconds > 0)
    return {
      code: 429,
      text: `Too many failed attempts. Try again in ${seconds} s.`,
      headers: { 'retry-after': seconds },
    };
  try {
    const account = kind === 'basic' ? await users?.verify(name, credentials.password) : undefined;
    if (account !== undefined) return account;
  } catch (error) {
    if (!(error instanceof TooManyChecks)) throw error;
    return { code: 503, text: 'Too many sign-ins at once.', headers: { 'retry-after': 1 } };
  }
  failed.note(request.ip, name);
  return UNKNOWN;
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { code, text, headers = {} }: Refusal,
): FastifyReply {
  void reply.headers(headers);
  if (tellsProblems(request)) return sendProblem(reply, code, { detail: text, remedy: REMEDIES[code] });
  return reply.code(code).type('text/plain; charset=utf-8').send(text);
}
