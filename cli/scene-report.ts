/** A scene explained: what the catalogue says, what parcelwise did with it, and why. */
import type { Extraction } from '../database/ledger/extractions.js';
import { bandsOf, layerInWords } from '../database/ledger/layer-names.js';
import type { Progress } from '../database/ledger/mark.js';
import { SUPERSEDED } from '../database/ledger/supersession.js';
import type { Accounts, Scene } from '../database/terms.js';

export interface SceneReport {
  readonly scene: Scene;
  readonly extractions: readonly ExtractionReport[];
}

export interface ExtractionReport extends Extraction {
  /** Chunks planned and stored, and what those hold. */
  readonly progress: Progress;
  /** Whether the owner still runs; null where it holds no claim, or nobody could tell. */
  readonly running: boolean | null;
}

/** What a status word of the catalogue lets a person do. */
export function nextStep({ scene, extractions }: SceneReport): string | undefined {
  const held = extractions.find(
    ({ status, statusIn }) => status === 'inprogress' && statusIn === 'catalogue',
  );
  switch (scene.status) {
    case 'ingested':
      return 'the next campaign takes it';
    case 'extracted':
      return undefined;
    case SUPERSEDED:
      return `nothing; to extract it all the same: parcelwise scene retry ${scene.obsid}`;
    case 'inprogress':
      if (held === undefined)
        return `no claim of parcelwise's holds it; if no other program works on it: parcelwise scene release ${scene.obsid} --force`;
      return held.running === false
        ? `its owner no longer runs: parcelwise scene release ${scene.obsid}, or parcelwise reconcile; the next campaign does so by itself`
        : undefined;
    default:
      return `once the cause is gone: parcelwise scene retry ${scene.obsid}`;
  }
}

export function describeScene(report: SceneReport): string {
  const { scene, extractions } = report;
  const step = nextStep(report);
  const lines = [
    `scene ${scene.obsid}  ${scene.reference}`,
    `  ${scene.status}; ${scene.card}, sensor ${scene.sensor}, ${scene.obstime.replace('T', ' ')} UTC`,
    ...extractions.flatMap((extraction) => ['', ...describeExtraction(extraction)]),
    ...(extractions.length === 0 ? ['  parcelwise has not had it in hand'] : []),
    ...(step === undefined ? [] : ['', `  next: ${step}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function describeExtraction(extraction: ExtractionReport): string[] {
  const { results, status, statusIn, reason, campaign, bands, owner, progress, claimedAt, finishedAt } =
    extraction;
  const { supersededBy: newer, notes, clear } = extraction;
  const { planned, stored, accounts } = progress;
  const times = `taken ${claimedAt}${finishedAt === null ? '' : `, ended ${finishedAt}`} (UTC)`;
  return [
    `  into ${results}: ${status === 'ingested' ? 'given back' : status}${statusIn === 'parcelwise' ? ' (by parcelwise; the catalogue has a status word of its own)' : ''}`,
    ...(reason === null ? [] : [`    why       ${reason}`]),
    ...notes.map((note) => `    note      ${note}`),
    ...(newer === null
      ? []
      : [`    views     leave its rows out: superseded by scene ${newer.obsid} ${newer.reference}`]),
    `    campaign  ${campaign}; ${times}`,
    `    bands     ${bands.join(', ')}`,
    ...(clear === null ? [] : [`    clear     ${clear.bands.join(', ')}, into ${clear.table}`]),
    `    rule      ${describeRule(extraction)}`,
    ...describeNumbers(extraction.facts),
    `    chunks    ${planned === 0 ? 'not planned yet' : `${stored} of ${planned} stored`}`,
    ...(stored === 0 ? [] : [`    parcels   ${describeCounts(accounts)}`]),
    ...Object.entries(accounts.gaps).map(([layer, gaps]) => `    without   ${describeGaps(layer, gaps)}`),
    ...describeSkipped(accounts),
    ...Object.entries(accounts.withoutValue ?? {}).map(
      ([layer, pixels]) => `    no value  ${describeGaps(layer, pixels)} pixels`,
    ),
    `    owner     ${owner.workflowId}, run ${owner.runId}${describeRunning(extraction)}`,
  ];
}

/** By the names of db_config.json, what is other than the default, and all that makes pixels clear. */
function describeRule({ rule, clear }: ExtractionReport): string {
  const { pixels, innerBufferM, indices } = rule;
  const not = clear === null ? undefined : rule.clear;
  return [
    `pixels ${pixels}`,
    ...(innerBufferM > 0 ? [`inner_buffer_m ${innerBufferM}`] : []),
    ...Object.entries(indices).map(([name, expression]) => `${name} = ${expression}`),
    ...(not ? [`clear.classes ${not.classes.join(', ')}`, `clear.min_pixels ${not.minPixels}`] : []),
    ...(not && not.widenM > 0 ? [`clear.widen_m ${not.widenM}`] : []),
    ...(not && not.innerBufferM > 0 ? [`clear.inner_buffer_m ${not.innerBufferM}`] : []),
  ].join('; ');
}

/** Of raw numbers there is nothing to say but what was told differently of their scene. */
function describeNumbers({ radiometry, baseline, source, contradictions }: Extraction['facts']): string[] {
  const sentences = Array.isArray(contradictions) ? contradictions.map(String) : [];
  const warnings = sentences.map((sentence) => `    beware    ${sentence}`);
  if (radiometry !== 'harmonised') return warnings;
  const by = typeof source === 'string' ? `, offsets by ${source}` : '';
  const of = typeof baseline === 'string' ? `, baseline ${baseline}` : '';
  return [`    numbers   harmonised${of}${by}`, ...warnings];
}

function describeRunning({ status, running }: ExtractionReport): string {
  if (status !== 'inprogress') return '';
  if (running === null) return '; Temporal could not be asked whether it runs';
  return running ? '; it runs' : '; it does not run any more';
}

function describeCounts({ parcels, rows, hists, clear }: Accounts): string {
  const histograms = hists === 0 ? '' : `, ${hists.toLocaleString('en')} histograms`;
  const clearRows = clear === undefined ? '' : `, ${clear.toLocaleString('en')} clear rows`;
  return `${parcels.toLocaleString('en')} met, ${rows.toLocaleString('en')} rows${clearRows}${histograms}`;
}

/** What can be had later of the parcels that were skipped. */
function describeSkipped({ gaps }: Accounts): string[] {
  const bands = bandsOf(Object.keys(gaps)).bands.filter((band) => (gaps[band]?.cloudy ?? 0) > 0);
  return bands.length === 0
    ? []
    : [`    skipped   cloudy parcels in ${bands.join(', ')}; parcelwise campaign run --add extracts them`];
}

/** `B04, clear pixels: 12 cloudy, 3 no-pixel`. */
function describeGaps(layer: string, gaps: Readonly<Record<string, number>> = {}): string {
  return `${layerInWords(layer)}: ${Object.entries(gaps)
    .map(([reason, count]) => `${count.toLocaleString('en')} ${reason}`)
    .join(', ')}`;
}
