/** The search attributes that the Temporal server knows of ours, and creating those it lacks. */
import type { SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../workflows/ids.js';
import type { TemporalConnection } from './temporal-connection.js';

/** temporal.api.enums.v1.IndexedValueType. */
const INDEXED_TYPES: Partial<Record<SearchAttributeType, number>> = { KEYWORD: 2, INT: 3 };

/** A no is asked again after so long: somebody may have created them. */
const NO_TTL_MS = 600_000;

/**
 * Creates the search attributes that are missing; returns false where the server does not let us.
 * @internal
 */
export async function createSearchAttributes(temporal: TemporalConnection): Promise<boolean> {
  const known = await knownAttributes(temporal);
  const missing = SEARCH_ATTRIBUTES.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return true;
  try {
    await temporal.connection.operatorService.addSearchAttributes({
      namespace: temporal.namespace,
      searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, INDEXED_TYPES[type] ?? 2])),
    });
    return true;
  } catch {
    return false;
  }
}

/** @internal */
export async function hasSearchAttributes(temporal: TemporalConnection): Promise<boolean> {
  const known = await knownAttributes(temporal);
  return SEARCH_ATTRIBUTES.every(({ name }) => known.has(name));
}

/**
 * The answer to a question that must not be asked with every tick: a server that keeps its visibility in SQL (1.29; the dev
 * server does) opens a connection to itself for each ListSearchAttributes, and never closes it. A yes stays.
 */
export function askedOnce(ask: () => Promise<boolean>, now: () => number = Date.now): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined;
  let until = 0;
  return async () => {
    if (answer === undefined || now() >= until) {
      until = now() + NO_TTL_MS;
      answer = ask();
    }
    const yes = await answer;
    if (yes) until = Infinity;
    return yes;
  };
}

async function knownAttributes({ connection, namespace }: TemporalConnection): Promise<Set<string>> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Set(Object.keys(customAttributes));
  } catch {
    // Managed servers keep the operator service to themselves; without it the attributes are done without.
    return new Set();
  }
}
