/**
 * The relative orbit of a scene (its track on the ground: series of radar must not mix several) and its pass, and who says
 * so. A STAC item's own words come first, then what the CARD type knows by the product's name.
 */

export type Pass = 'ascending' | 'descending';

/**
 * A number or word, and its source: the STAC `item`, the product's `name`, the `mission` where it can't be otherwise, or the
 * `time` of day.
 */
export interface Sourced<T> {
  readonly value: T;
  readonly source: 'item' | 'name' | 'mission' | 'time';
}

export interface Orbit {
  readonly relative: Sourced<number> | undefined;
  readonly pass: Sourced<Pass> | undefined;
}

/** How products of a CARD type lie on orbits. */
export interface OrbitRules {
  /** Orbits until a satellite's track repeats. */
  readonly cycle: number;
  /** Whether series must not mix tracks: radar looks at its side, from another angle on each. */
  readonly apart?: boolean;
  /** @param longitude of the scene, in degrees; without it the time of day says nothing. */
  byName(reference: string, longitude: number | undefined): Orbit;
  /** The relative orbit of an absolute one, where it follows from that. */
  readonly relativeOf?: (reference: string, absolute: number) => number | undefined;
}

/** What an item tells, as it was read: anything may stand there. */
export interface OrbitTold {
  readonly relative?: unknown;
  readonly absolute?: unknown;
  readonly pass?: unknown;
}

/** In an item's properties, by STAC's extension and by older ones, and in the attributes of Copernicus Data Space. */
const FIELDS = {
  relative: ['sat:relative_orbit', 'sentinel2:relative_orbit_number', 'relativeOrbitNumber'],
  absolute: ['sat:absolute_orbit', 'sentinel2:absolute_orbit_number', 'orbitNumber'],
  pass: ['sat:orbit_state', 'sentinel2:orbit_direction', 'orbitDirection'],
} satisfies Readonly<Record<keyof OrbitTold, string[]>>;

export function orbitTold(properties: Readonly<Record<string, unknown>>): OrbitTold {
  const first = (names: readonly string[]): unknown =>
    names.map((name) => properties[name]).find((value) => value !== undefined && value !== null);
  return { relative: first(FIELDS.relative), absolute: first(FIELDS.absolute), pass: first(FIELDS.pass) };
}

/** The orbit, and sentences about what item and name say differently; the item is believed. */
export function orbitOf(
  rules: OrbitRules,
  reference: string,
  told: OrbitTold = {},
  longitude?: number,
): Orbit & { readonly contradictions: readonly string[] } {
  const known = rules.byName(reference, longitude);
  const contradictions: string[] = [];
  const choose = <T extends string | number>(
    what: string,
    byItem: T | undefined,
    other: Sourced<T> | undefined,
  ): Sourced<T> | undefined => {
    if (byItem === undefined) return other;
    if (other !== undefined && other.value !== byItem)
      contradictions.push(
        `the ${what} is ${byItem} by the STAC item and ${other.value} by the ${other.source}; the item is believed`,
      );
    return { value: byItem, source: 'item' };
  };
  const absolute = orbitNumber(told.absolute, Number.MAX_SAFE_INTEGER);
  const relative =
    orbitNumber(told.relative, rules.cycle) ??
    (absolute === undefined ? undefined : rules.relativeOf?.(reference, absolute));
  return {
    relative: choose('relative orbit', relative, known.relative),
    pass: choose('pass', passOf(told.pass), known.pass),
    contradictions,
  };
}

/** An orbit as the database keeps it: NULL in place of what is not known. */
export function storedOrbit(orbit: (Orbit & { readonly contradictions: readonly string[] }) | undefined): {
  readonly relative: number | null;
  readonly relativeBy: string | null;
  readonly pass: Pass | null;
  readonly passBy: string | null;
  readonly contradictions: readonly string[];
} {
  return {
    relative: orbit?.relative?.value ?? null,
    relativeBy: orbit?.relative?.source ?? null,
    pass: orbit?.pass?.value ?? null,
    passBy: orbit?.pass?.source ?? null,
    contradictions: orbit?.contradictions ?? [],
  };
}

/** Undefined for what is no whole number from 1 to `most`. */
export function orbitNumber(value: unknown, most: number): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most
    ? Number(value)
    : undefined;
}

function passOf(state: unknown): Pass | undefined {
  const word = typeof state === 'string' ? state.trim().toLowerCase() : '';
  return word === 'ascending' || word === 'descending' ? word : undefined;
}
