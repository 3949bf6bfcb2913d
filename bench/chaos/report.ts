/** The report of chaos runs, in Markdown. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { median } from '../report.js';
import type { Comparison } from './compare.js';
import type { ChaosResult } from './run.js';

/** True where every promise was kept. */
export function isFlawless({ comparisons, audited, broken, leaks }: ChaosResult): boolean {
  const wrong = comparisons.some(
    ({ lost, surplus, doubled, stuck, misnamed }) => lost + surplus + doubled + stuck + misnamed > 0,
  );
  return !wrong && audited.findings.length === 0 && broken.length === 0 && leaks.length === 0;
}

const PREFACE = [
  '# Chaos',
  '',
  'Written by `npm run chaos`. Two workers, each on a scratch disk of its own, run three campaigns (one a CARD type) while',
  'faults are injected for real: signals, a proxy in front of PostgreSQL and one in front of the S3 gateway, `pg_ctl`, a',
  'Temporal dev server killed and started again on its database file, a filled disk. A fault strikes 2 to 6 s after the one',
  'before, whether or not that is over; only two at one server, worker or campaign wait for each other. All rows are then',
  'compared with those of an undisturbed run, bit by bit, and `parcelwise audit` is run over everything. *Recovery* is the',
  'time from the end of a fault until every scene that was in hand when it struck has got on: another chunk stored, an end,',
  'or a new owner; it holds the faults that struck meanwhile.',
  '',
].join('\n');

/** The report with these results in it, beside those that it held already of other runs. */
export function report(results: readonly ChaosResult[], before = ''): string {
  const sections = new Map<string, string>();
  for (const text of before.split(/^(?=## )/m).filter((part) => part.startsWith('## ')))
    sections.set(text.split('\n', 1).join(), text.trimEnd());
  for (const result of results) sections.set(title(result), section(result).join('\n').trimEnd());
  return `${[PREFACE, ...sections.values()].join('\n\n').replace('\n\n\n', '\n\n')}\n`;
}

function title({ faults, seed }: ChaosResult): string {
  const [only, ...more] = faults;
  const what = only !== undefined && more.length === 0 ? only.name : `${faults.length} faults`;
  return `## ${what}, seed ${seed}`;
}

function section(result: ChaosResult): string[] {
  const { faults, comparisons, audited, broken, leaks } = result;
  return [
    title(result),
    '',
    `Machine: ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB.`,
    '',
    table([['', ''], ...totals(result)]),
    '',
    ...list(
      'not as undisturbed',
      comparisons.flatMap(({ wrong }) => wrong),
    ),
    ...list('broken', broken),
    ...list(
      'never got over',
      faults.flatMap(({ name, at, recovery }) =>
        recovery === undefined ? [`${name}, struck at ${at.toFixed(0)} s`] : [],
      ),
    ),
    ...list('the audit', audited.findings),
    ...list('secret in', leaks),
    ...(faults.length > 1 ? [table([KINDS, ...kinds(result)])] : []),
  ];
}

const KINDS = ['fault', 'times', 'lasted, median', 'recovery, median', 'recovery, worst'];

function totals({
  faults,
  calm,
  comparisons,
  audited,
  broken,
  leaks,
  looked,
  ending,
  seconds,
}: ChaosResult): string[][] {
  const recoveries = faults.flatMap(({ recovery }) => recovery ?? []);
  const sum = (of: Exclude<keyof Comparison, 'card' | 'wrong'>): number =>
    comparisons.reduce((total, one) => total + one[of], 0);
  const without = faults.length - recoveries.length;
  const worst = `${Math.max(...recoveries).toFixed(1)} s${without > 0 ? `; ${without} without` : ''}`;
  return [
    [
      'scenes',
      `${number(sum('scenes'))} (${comparisons.map(({ card, scenes }) => `${card} ${scenes}`).join(', ')})`,
    ],
    ['rows and histograms', number(sum('rows') + sum('hists'))],
    ['lost', number(sum('lost'))],
    ['doubled, or not to be there', number(sum('doubled') + sum('surplus'))],
    ['scenes stuck', number(sum('stuck'))],
    ['scenes with another status word than undisturbed', number(sum('misnamed'))],
    [
      `findings of the audit (${number(audited.scenes)} scenes, ${number(audited.parcels)} parcels met)`,
      number(audited.findings.length),
    ],
    ['other promises broken', number(broken.length)],
    [
      `secrets found (${looked.histories} histories, ${looked.answers} answers, ${looked.files} files, ${looked.titles} process titles)`,
      number(leaks.length),
    ],
    ['scenes in hand when a fault struck, median and most', spread(faults.map(({ inHand }) => inHand))],
    ['other faults under way then, median and most', spread(faults.map(({ besides }) => besides))],
    ['recovery, median', `${median(recoveries).toFixed(1)} s`],
    ['recovery, worst', worst],
    [
      'the same measure without faults, median and worst',
      `${median(calm).toFixed(1)} s, ${Math.max(...calm).toFixed(1)} s`,
    ],
    ['from the last recovery to the end of the campaigns', `${ending.toFixed(0)} s`],
    ['the whole run', `${Math.round(seconds / 60)} min`],
  ];
}

function list(what: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines.map((line) => `- ${what}: ${line}`), ''];
}

function spread(counts: readonly number[]): string {
  return `${number(median(counts))}, ${number(Math.max(...counts))}`;
}

function kinds({ faults }: ChaosResult): string[][] {
  const names = [...new Set(faults.map(({ name }) => name))].sort();
  return names.map((name) => {
    const ours = faults.filter((fault) => fault.name === name);
    const recoveries = ours.flatMap(({ recovery }) => recovery ?? []);
    const worst = recoveries.length < ours.length ? 'none' : `${Math.max(...recoveries).toFixed(1)} s`;
    return [
      name,
      number(ours.length),
      `${median(ours.map(({ lasted }) => lasted)).toFixed(1)} s`,
      `${median(recoveries).toFixed(1)} s`,
      worst,
    ];
  });
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en');
}
