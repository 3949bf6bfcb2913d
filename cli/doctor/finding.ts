/** What the doctor finds, one line a thing looked at. */
import { DatabaseSetupError } from '../../database/session/errors.js';
import { refusalOf } from '../../database/session/refusals.js';
import { describe } from '../../client/index.js';

export interface Finding {
  readonly what: string;
  /** `advice`: it works, but deserves a look. `skipped`: it could not be looked at, for a fault found before. */
  readonly state: 'ok' | 'advice' | 'fault' | 'skipped';
  readonly found: string;
  readonly remedy?: string;
}

export function ok(what: string, found: string): Finding {
  return { what, state: 'ok', found };
}

export function advice(what: string, found: string, remedy: string): Finding {
  return { what, state: 'advice', found, remedy };
}

export function fault(what: string, found: string, remedy?: string): Finding {
  return { what, state: 'fault', found, ...(remedy !== undefined && { remedy }) };
}

export function skipped(what: string, found: string): Finding {
  return { what, state: 'skipped', found };
}

/** The look's findings, or the error it ended in as one. */
export async function look(what: string, at: () => Promise<Finding | Finding[]>): Promise<Finding[]> {
  try {
    return [await at()].flat();
  } catch (error) {
    return [faultOf(what, error)];
  }
}

export function faultOf(what: string, error: unknown): Finding {
  const known = error instanceof DatabaseSetupError ? error : refusalOf(error);
  return known === undefined ? fault(what, describe(error)) : fault(what, known.problem, known.remedy);
}

/** Whether nothing keeps a campaign from running. */
export function allWell(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state === 'ok' || state === 'advice');
}
