/** What an audit found, for people: the proof in a few lines, or the list of what is wrong. */
import { type Audit, FINDING_KINDS, type FindingsOfKind } from '../database/audit/index.js';
import { duration } from '../terminal/duration.js';

const NOUN = { results: 'rows', hists: 'histograms', clear: 'clear rows' } as const;

export function describeAudit(report: Audit, seconds: number): string {
  const { scenes, extracted, parcels, gaps, tables, notSelected, notes, findings } = report;
  const lines = [
    `${number(scenes)} scenes, ${number(extracted)} of them extracted; ${number(parcels)} parcels met; ${number(gaps)} times a parcel has a reason instead of a row`,
    ...tables.map(
      ({ table, kind, rows, expected }) =>
        `${table}: ${number(rows)} ${NOUN[kind]}, ${number(expected)} expected`,
    ),
    ...notSelected.map(
      (one) =>
        `${one.parcels}, area ${one.aoi}: of ${number(one.count)} parcels no scene selects ${number(one.withoutGeometry)} without geometry, ` +
        `${number(one.beyondAoi)} beyond the area, ${number(one.tooSmall)} of ${number(one.minAreaM2)} m2 or less`,
    ),
    ...notes.map((note) => `note: ${note}`),
    ...findings.flatMap(describeKind),
    conclusion(findings, seconds),
  ];
  return `${lines.join('\n')}\n`;
}

function describeKind({ kind, findings, first }: FindingsOfKind): string[] {
  const more = findings - first.length;
  return [
    '',
    `${FINDING_KINDS[kind]}: ${number(findings)}`,
    ...first.map(({ table, text }) => `  ${table}: ${text}`),
    ...(more > 0 ? [`  and ${number(more)} more`] : []),
    ...(kind === 'lost'
      ? ['  to have their scenes extracted again: parcelwise scene forget --lost, then a campaign']
      : []),
  ];
}

function conclusion(findings: readonly FindingsOfKind[], seconds: number): string {
  if (findings.length === 0) return `nothing lost, nothing twice, every status true (${duration(seconds)})`;
  const total = findings.reduce((sum, one) => sum + one.findings, 0);
  return `\n${number(total)} findings (${duration(seconds)})`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
