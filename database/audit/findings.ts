/** What an audit found wrong, kept short: every finding is counted, the first of each kind are told in full. */

/** Kinds of findings, and what each means, in the order they are told. */
export const FINDING_KINDS = {
  table: 'tables that are gone',
  status: 'status words that are not true',
  identity: 'ids that mean other scenes than when their rows were stored',
  owner: 'claims whose owner does not run',
  ledger: 'chunks whose ledger, plan and gaps do not agree',
  rule: 'rows that are not measured as they are said to be',
  selection: 'scenes whose parcels are not those the selection meets',
  lost: 'rows that are missing',
  doubled: 'rows that are there more than once',
  unexpected: 'rows that should not be there',
  unknown: 'scenes with rows that parcelwise did not write',
} as const;

export type FindingKind = keyof typeof FINDING_KINDS;

export interface Finding {
  readonly kind: FindingKind;
  /** The table it is about. */
  readonly table: string;
  readonly obsid?: number | null | undefined;
  /** How many rows, parcels, chunks or scenes it is about. */
  readonly count: number;
  /** A sentence that names scene, band, chunk, parcels. */
  readonly text: string;
  /** The first of the parcels it is about. */
  readonly pids?: readonly (number | null)[] | undefined;
}

export interface FindingsOfKind {
  readonly kind: FindingKind;
  readonly findings: number;
  /** The sum of their counts. */
  readonly count: number;
  readonly first: readonly Finding[];
}

export class Findings {
  private readonly kinds = new Map<FindingKind, { findings: number; count: number; first: Finding[] }>();

  /** `each`: so many findings of a kind are kept in full. */
  constructor(readonly each: number) {}

  add(finding: Finding): void {
    const kind = this.kinds.get(finding.kind) ?? { findings: 0, count: 0, first: [] };
    this.kinds.set(finding.kind, kind);
    kind.findings += 1;
    kind.count += finding.count;
    if (kind.first.length < this.each) kind.first.push(finding);
  }

  list(): FindingsOfKind[] {
    return (Object.keys(FINDING_KINDS) as FindingKind[]).flatMap((kind) => {
      const found = this.kinds.get(kind);
      return found === undefined ? [] : [{ kind, ...found }];
    });
  }
}

/** How many parcels of a finding are named. */
export const PIDS_NAMED = 10;

/** `parcels 3, 5, 8 and 20 more`. */
export function namePids(pids: readonly (number | null)[], count: number): string {
  const named = pids.slice(0, PIDS_NAMED).map((pid) => pid ?? 'NULL');
  const more = count > named.length ? ` and ${count - named.length} more` : '';
  return `${count === 1 ? 'parcel' : 'parcels'} ${named.join(', ')}${more}`;
}
