/** Orbits of Sentinel-1 products. */
import type { Orbit, OrbitRules, Pass, Sourced } from './orbit.js';

const CYCLE = 175;

/**
 * `relative = (absolute - constant) mod 175 + 1`, for absolute orbits up to `last` (SentiWiki, S1 Products, SAR naming
 * convention; S1D and the change of S1C as presented at FRINGE 2026 and taken over by ISCE2).
 */
const CONSTANTS: Readonly<Record<string, readonly { readonly constant: number; readonly last: number }[]>> = {
  S1A: [{ constant: 73, last: Infinity }],
  S1B: [{ constant: 27, last: Infinity }],
  S1C: [
    { constant: 172, last: 8018 },
    { constant: 99, last: Infinity },
  ],
  S1D: [{ constant: 42, last: Infinity }],
};

/** S1C was brought to another place of its orbit, and followed no track on the way. */
const MOVED = { satellite: 'S1C', after: 8018, before: '20260624T000000' };

/** Start, end, absolute orbit, datatake: `S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS`. */
const BACKSCATTER = /^S1[A-D]_\w{2}_\w{4}_\w{4}_\d{8}T\d{6}_\d{8}T\d{6}_(\d{6})_[0-9A-F]{6}/;
/** `S1A_20240306T055824_20240223T055825_DESC_CARD_COH6`. */
const COHERENCE = /^S1[A-D]_\d{8}T\d{6}_\d{8}T\d{6}_(ASC|DESC)_/;

export const radarOrbit: OrbitRules = {
  cycle: CYCLE,
  apart: true,

  byName(reference: string, longitude: number | undefined): Orbit {
    const absolute = BACKSCATTER.exec(reference)?.[1];
    const value = absolute === undefined ? undefined : relativeOf(reference, Number(absolute));
    const word = COHERENCE.exec(reference)?.[1];
    const pass: Pass = word === 'ASC' ? 'ascending' : 'descending';
    return {
      relative: value === undefined ? undefined : { value, source: 'name' },
      pass: word === undefined ? passByTime(reference, longitude) : { value: pass, source: 'name' },
    };
  },

  relativeOf,
};

/** Undefined for satellites nobody knows of, and for S1C on its way. */
function relativeOf(reference: string, absolute: number): number | undefined {
  const [, satellite, start] = /^(S1[A-D])_.*?(\d{8}T\d{6})/.exec(reference) ?? [];
  if (satellite === undefined || start === undefined) return undefined;
  if (satellite === MOVED.satellite && absolute > MOVED.after && start < MOVED.before) return undefined;
  const found = CONSTANTS[satellite]?.find(({ last }) => absolute <= last);
  if (found === undefined) return undefined;
  return ((((absolute - found.constant) % CYCLE) + CYCLE) % CYCLE) + 1;
}

/** They fly along the border of day and night: northwards by evening, southwards by morning, of the sun's time. */
function passByTime(reference: string, longitude: number | undefined): Sourced<Pass> | undefined {
  const [, hour, minute] = /^S1[A-D]_.*?\d{8}T(\d{2})(\d{2})\d{2}/.exec(reference) ?? [];
  if (hour === undefined || longitude === undefined) return undefined;
  const here = (((Number(hour) + Number(minute) / 60 + longitude / 15) % 24) + 24) % 24;
  return { value: here < 12 ? 'descending' : 'ascending', source: 'time' };
}
