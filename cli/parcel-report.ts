/** What a check of a parcel table found, for people. */
import {
  type Effect,
  PARCEL_FINDINGS,
  type ParcelCheck,
  type ParcelFinding,
  type UsableParcels,
} from '../database/parcels/check/index.js';
import { duration } from '../terminal/duration.js';

const HEADINGS: Readonly<Record<Effect, string>> = {
  stops: 'would stop a campaign',
  loses: 'parcels that would get no rows',
  omits: 'left out by the rule that was asked for',
  told: 'worth knowing; no parcel is lost by it',
};

/** `parcels check` ends in 1 where a campaign would stop or lose parcels. */
export function isClean({ findings }: ParcelCheck): boolean {
  return findings.every(({ effect }) => effect === 'told' || effect === 'omits');
}

export function describeParcelCheck(check: ParcelCheck, seconds: number): string {
  const { table, parcels, srid, findings, usable, notes } = check;
  const lines = [
    `${table}: ${parcels.toLocaleString('en')} parcels${srid === undefined ? '' : `, EPSG:${srid}`}`,
    ...(['stops', 'loses', 'omits', 'told'] as const).flatMap((effect) => {
      const ofEffect = findings.filter((finding) => finding.effect === effect);
      return ofEffect.length === 0 ? [] : ['', HEADINGS[effect], ...ofEffect.flatMap(describeFinding)];
    }),
    ...(usable === undefined || usable.parcels === 0 ? [] : ['', ...describeUsable(usable)]),
    ...(notes.length > 0 ? [''] : []),
    ...notes.map((note) => `note: ${note}`),
    '',
    `${isClean(check) ? 'ready: every parcel that the rule selects gets its rows' : 'not ready'} (${duration(seconds)})`,
  ];
  return `${lines.join('\n')}\n`;
}

function describeUsable({ rule, parcels, byResolution }: UsableParcels): string[] {
  const { fullPixels, lostShare, bufferM } = rule;
  return [
    `large enough by JRC's rule: ${fullPixels} full pixels or more, less than ${100 * lostShare} % of the pixels lost ${bufferM} m from the border`,
    ...byResolution.map(({ metres, usable }) => {
      const share = ((100 * usable) / parcels).toFixed(1);
      return `  bands of ${metres} m: ${usable.toLocaleString('en')} of ${parcels.toLocaleString('en')} parcels (${share} %)`;
    }),
  ];
}

function describeFinding({ kind, count, pids, details, done, remedy }: ParcelFinding): string[] {
  const { title } = PARCEL_FINDINGS[kind];
  const named =
    pids.length === 0
      ? details
      : pids.map((pid, i) => `${pid ?? 'NULL'}${details[i] === undefined ? '' : `: ${details[i]}`}`);
  const short = details.length === 0 && named.length > 0;
  return [
    `  ${title}: ${count.toLocaleString('en')}`,
    ...(short
      ? [`    ${named.join(', ')}${count > named.length ? ', …' : ''}`]
      : named.map((one) => `    ${one}`)),
    `    parcelwise: ${done}${remedy === '' ? '' : `; to do: ${remedy}`}`,
  ];
}
