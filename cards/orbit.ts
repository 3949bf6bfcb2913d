/**
 * The relative orbit of a scene (its track on the ground, which series of radar must not mix) and its pass, and who says so.
 *
 * A catalogue's own words come first. Names of Sentinel-2 products bear the relative orbit; those of Sentinel-1 the absolute
 * one, of which the relative one follows by a constant of the satellite.
 */

export type Pass = 'ascending' | 'descending';

/**
 * A number or word, and its source: the `catalogue`, the product's `name`, the `mission` where it can't be otherwise, or the
 * `time` of day.
 */
export interface Sourced<T> {
  readonly value: T;
  readonly source: 'catalogue' | 'name' | 'mission' | 'time';
}

export interface Orbit {
  readonly relative: Sourced<number> | undefined;
  readonly pass: Sourced<Pass> | undefined;
  /** Sentences about what catalogue and name say differently; the catalogue is believed. */
  readonly contradictions: readonly string[];
}

/** What a catalogue tells, as it was read: anything may stand there. */
export interface OrbitTold {
  readonly relative?: unknown;
  readonly absolute?: unknown;
  readonly pass?: unknown;
}

/** In the properties of a STAC item, by its extension and by older ones, and in the attributes of Copernicus Data Space. */
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

/**
 * @param reference the product's name
 * @param longitude of the scene, in degrees; without it the time of day says nothing.
 */
export function orbitOf(reference: string, told: OrbitTold = {}, longitude?: number): Orbit {
  const named = orbitOfName(reference, longitude);
  const contradictions: string[] = [];
  const choose = <T>(
    what: string,
    byCatalogue: T | undefined,
    byName: Sourced<T> | undefined,
  ): Sourced<T> | undefined => {
    if (byCatalogue === undefined) return byName;
    if (byName !== undefined && byName.value !== byCatalogue)
      contradictions.push(
        `the ${what} is ${String(byCatalogue)} by the catalogue and ${String(byName.value)} by the ${byName.source}; the catalogue is believed`,
      );
    return { value: byCatalogue, source: 'catalogue' };
  };
  const satellite = /^S[12][A-D]/.exec(reference)?.[0];
  const most = satellite?.startsWith('S2') ? ORBITS_OF_SENTINEL_2 : ORBITS_OF_SENTINEL_1;
  const relative =
    wholeNumber(told.relative, most) ??
    absoluteToRelative(satellite, wholeNumber(told.absolute), startOf(reference));
  return {
    relative: choose('relative orbit', relative, named.relative),
    pass: choose('pass', passOf(told.pass), named.pass),
    contradictions,
  };
}

/** Orbits until a satellite's track repeats: 10 and 12 days. */
const ORBITS_OF_SENTINEL_2 = 143;
const ORBITS_OF_SENTINEL_1 = 175;

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
const MANOEUVRE = { satellite: 'S1C', after: 8018, before: '20260624T000000' };

function absoluteToRelative(
  satellite: string | undefined,
  absolute: number | undefined,
  start: string | undefined,
): number | undefined {
  if (satellite === undefined || absolute === undefined) return undefined;
  const isOnTheWay =
    satellite === MANOEUVRE.satellite &&
    absolute > MANOEUVRE.after &&
    start !== undefined &&
    start < MANOEUVRE.before;
  const found = CONSTANTS[satellite]?.find(({ last }) => absolute <= last);
  if (found === undefined || isOnTheWay) return undefined;
  const turns = (absolute - found.constant) % ORBITS_OF_SENTINEL_1;
  return ((turns + ORBITS_OF_SENTINEL_1) % ORBITS_OF_SENTINEL_1) + 1;
}

/** `…_N0510_R051_T31UFS_…`, and `…_R051_V2016…` of before December 2016, which bears no tile. */
const SENTINEL_2 = /^S2[A-D]_.*_R(\d{3})_(?:T\d{2}([A-Z])|V)/;
/**
 * Latitude bands of tiles between 64 degrees south and north. It takes its images by daylight, where it flies southwards by
 * day; nearer to a pole summer nights are bright, and there are images of its way north too.
 */
const DESCENDING_ONLY = /[E-V]/;
/** Start, end, absolute orbit, datatake: `S1A_IW_GRDH_1SDV_20240304T172431_20240304T172456_052833_0664D9_3A51_CARD_BS`. */
const SENTINEL_1 = /^S1[A-D]_\w{2}_\w{4}_\w{4}_\d{8}T\d{6}_\d{8}T\d{6}_(\d{6})_[0-9A-F]{6}/;
/** `S1A_20240306T055824_20240223T055825_DESC_CARD_COH6`. */
const COHERENCE = /^S1[A-D]_\d{8}T\d{6}_\d{8}T\d{6}_(ASC|DESC)_/;

function orbitOfName(reference: string, longitude: number | undefined): Pick<Orbit, 'relative' | 'pass'> {
  const optical = SENTINEL_2.exec(reference);
  if (optical !== null) {
    const [, orbit, band] = optical;
    const value = wholeNumber(Number(orbit), ORBITS_OF_SENTINEL_2);
    return {
      relative: value === undefined ? undefined : { value, source: 'name' },
      pass: DESCENDING_ONLY.test(band ?? '') ? { value: 'descending', source: 'mission' } : undefined,
    };
  }
  const absolute = SENTINEL_1.exec(reference)?.[1];
  const value = absoluteToRelative(
    reference.slice(0, 3),
    absolute === undefined ? undefined : Number(absolute),
    startOf(reference),
  );
  const word = COHERENCE.exec(reference)?.[1];
  const pass = word === undefined ? undefined : word === 'ASC' ? 'ascending' : 'descending';
  return {
    relative: value === undefined ? undefined : { value, source: 'name' },
    pass: pass === undefined ? passByTime(reference, longitude) : { value: pass, source: 'name' },
  };
}

/** Sentinel-1 flies along the border of day and night: northwards by evening, southwards by morning, of the sun's time. */
function passByTime(reference: string, longitude: number | undefined): Sourced<Pass> | undefined {
  const [, hour, minute] = /^S1[A-D]_.*?\d{8}T(\d{2})(\d{2})\d{2}/.exec(reference) ?? [];
  if (hour === undefined || longitude === undefined) return undefined;
  const here = (((Number(hour) + Number(minute) / 60 + longitude / 15) % 24) + 24) % 24;
  return { value: here < 12 ? 'descending' : 'ascending', source: 'time' };
}

/** The first time in a name. */
const startOf = (reference: string): string | undefined => /\d{8}T\d{6}/.exec(reference)?.[0];

function passOf(state: unknown): Pass | undefined {
  const word = typeof state === 'string' ? state.trim().toLowerCase() : '';
  return word === 'ascending' || word === 'descending' ? word : undefined;
}

function wholeNumber(value: unknown, most = Number.MAX_SAFE_INTEGER): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most
    ? Number(value)
    : undefined;
}
