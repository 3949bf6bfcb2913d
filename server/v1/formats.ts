/** The media types that series are told in, and how one is chosen. */
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problem.js';

export const MEDIA_TYPES = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  arrow: 'application/vnd.apache.arrow.stream',
} as const;

export type Format = keyof typeof MEDIA_TYPES;

/**
 * The format that was asked for by its name, else the one of these that the request likes best.
 * @param formats the first is that of requests which take anything.
 * @throws Problem where the request takes none of them.
 */
export function formatOf<One extends Format>(
  request: FastifyRequest,
  formats: readonly One[],
  named: One | undefined,
): One {
  if (named !== undefined) return named;
  const { accept = '*/*' } = request.headers;
  const liked = accept
    .split(',')
    .map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const q = parameters.find((one) => one.startsWith('q='))?.slice(2);
      return { type, quality: q === undefined ? 1 : Number(q) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality);
  for (const { type } of liked) {
    const found = formats.find((format) => matches(type, MEDIA_TYPES[format]));
    if (found !== undefined) return found;
  }
  throw new Problem(406, {
    detail: 'There is no answer in any of the media types that were asked for.',
    remedy: `There are ${formats.map((format) => MEDIA_TYPES[format]).join(', ')}.`,
  });
}

function matches(range: string, type: string): boolean {
  const [main, sub] = range.split('/');
  return range === '*/*' || range === type || (sub === '*' && type.startsWith(`${main!}/`));
}
