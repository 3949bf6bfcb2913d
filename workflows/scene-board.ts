/** What a person reads of a scene in the Web UI without opening a payload: current details and search attributes. */
import type { SearchAttributePair } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Order, SceneRef } from '../campaigns/order.js';
import type { PlannedScene, Staged } from '../activities/contract.js';
import type { Accounts } from '../database/terms.js';
import { escapeMarkdown } from './markdown.js';
import { PARCELS_ATTRIBUTE, PHASE_ATTRIBUTE } from './ids.js';

/** The phase a scene begins in: its campaign says so when it starts it, since every change costs the server a record. */
export const FIRST_PHASE = 'staging';

type Stored = Pick<Accounts, 'rows' | 'clear'>;

export class SceneBoard {
  private phase: string = FIRST_PHASE;
  private host = '';
  private brought = '';
  private cloudy = '';
  private chunks = 0;
  private stored = 0;
  private parcels: number | undefined;
  private rows = 0;
  private clear = 0;
  private waiting = '';
  private readonly notes: string[] = [];

  constructor(
    private readonly scene: SceneRef,
    private readonly order: Pick<Order, 'card' | 'tables' | 'bands'>,
    private readonly searchable: boolean,
  ) {}

  /** A host is sought that downloads the scene. */
  staging(): void {
    this.show(FIRST_PHASE);
  }

  stagedOn({ host, bytes, parts }: Pick<Staged, 'host' | 'bytes' | 'parts'>): void {
    this.host = host;
    this.brought = parts
      ? `${megabytes(bytes)} of ${megabytes(parts.ofBytes)} MB, ${parts.blocks} of ${parts.ofBlocks} tiles`
      : `${megabytes(bytes)} MB`;
    this.show('extracting');
  }

  planned({ parcels, cloudy, chunks, pending, finished }: PlannedScene): void {
    this.cloudy = cloudy
      ? `cloudy: ${grouped(cloudy.parcels)} of ${grouped(cloudy.of)} parcels, which are left out`
      : '';
    this.parcels = parcels;
    this.chunks = chunks;
    this.stored = chunks - pending.length;
    if (finished) this.count(finished);
    // The scene's end says it in one with the status word where that comes at once.
    if (finished === undefined) this.upsert([{ key: PARCELS_ATTRIBUTE, value: parcels }]);
    this.draw();
  }

  chunkStored(accounts: Stored): void {
    this.stored += 1;
    this.count(accounts);
    this.draw();
  }

  /** Something that went wrong on the way and was dealt with. */
  note(text: string): void {
    this.notes.push(text);
    this.draw();
  }

  /** What is away that the scene needs, until `''` says that it is back. */
  waitFor(what: string): void {
    if (this.waiting === what) return;
    this.waiting = what;
    this.draw();
  }

  /** The scene's end: a status word and why. */
  end(status: string, reason: string): void {
    if (reason !== '') this.notes.push(reason);
    this.show(status);
  }

  private count({ rows, clear = 0 }: Stored): void {
    this.rows += rows;
    this.clear += clear;
  }

  private show(phase: string): void {
    const changed = phase !== this.phase;
    this.phase = phase;
    if (changed) this.upsert([{ key: PHASE_ATTRIBUTE, value: phase }, ...this.parcelsFound()]);
    this.draw();
  }

  private parcelsFound(): SearchAttributePair[] {
    return this.parcels === undefined ? [] : [{ key: PARCELS_ATTRIBUTE, value: this.parcels }];
  }

  private upsert(attributes: SearchAttributePair[]): void {
    if (this.searchable) upsertSearchAttributes(attributes);
  }

  private draw(): void {
    const { obsid, obstime, reference } = this.scene;
    const { card, tables, bands } = this.order;
    const facts = [
      `**${escapeMarkdown(this.phase)}**: scene ${obsid} (${card}) of ${obstime} UTC`,
      '',
      escapeMarkdown(reference),
      '',
      // What went wrong comes first: the Web UI shows the first lines without scrolling.
      ...(this.waiting === '' ? [] : [`- waiting: ${escapeMarkdown(this.waiting)}`]),
      ...this.notes.map((note) => `- ${escapeMarkdown(note)}`),
      ...(this.host === '' ? [] : [`- host: ${escapeMarkdown(this.host)}`]),
      ...(this.brought === '' ? [] : [`- fetched: ${this.brought}`]),
      ...(this.cloudy === '' ? [] : [`- ${this.cloudy}`]),
      ...(this.parcels === undefined ? [] : [`- parcels met: ${grouped(this.parcels)}`]),
      ...(this.chunks === 0
        ? []
        : [
            `- chunks stored: ${this.stored} of ${this.chunks}`,
            `- rows stored by this run: ${grouped(this.rows)}`,
            ...(this.clear > 0 ? [`- clear rows stored by this run: ${grouped(this.clear)}`] : []),
          ]),
      `- ${escapeMarkdown(`${bands.join(', ')} into ${tables.results}`)}`,
    ];
    setCurrentDetails(facts.join('\n'));
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** 12,345 */
function grouped(count: number): string {
  return count.toLocaleString('en');
}
