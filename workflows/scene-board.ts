/** What a person reads of a scene in the Web UI without opening a payload: current details and search attributes. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Order, SceneRef } from '../activities/contract.js';
import { PARCELS_ATTRIBUTE, PHASE_ATTRIBUTE } from './ids.js';

export type ScenePhase = 'claiming' | 'staging' | 'planning' | 'extracting' | 'marking';

export class SceneBoard {
  private phase = '';
  private host = '';
  private chunks = 0;
  private stored = 0;
  private parcels: number | undefined;
  private rows = 0;
  private readonly notes: string[] = [];

  constructor(
    private readonly scene: SceneRef,
    private readonly order: Pick<Order, 'card' | 'tables' | 'bands'>,
    private readonly searchable: boolean,
  ) {}

  enter(phase: ScenePhase): void {
    this.show(phase);
  }

  stagedOn(host: string): void {
    this.host = host;
    this.show('planning');
  }

  planned(parcels: number, chunks: number, stored: number): void {
    this.parcels = parcels;
    this.chunks = chunks;
    this.stored = stored;
    if (this.searchable) upsertSearchAttributes([{ key: PARCELS_ATTRIBUTE, value: parcels }]);
    this.show('extracting');
  }

  chunkStored(rows: number): void {
    this.stored += 1;
    this.rows += rows;
    this.draw();
  }

  /** Something that went wrong on the way and was dealt with. */
  note(text: string): void {
    this.notes.push(text);
    this.draw();
  }

  /** The scene's end: a status word and why. */
  end(status: string, reason: string): void {
    if (reason !== '') this.notes.push(reason);
    this.show(status);
  }

  private show(phase: string): void {
    this.phase = phase;
    if (this.searchable) upsertSearchAttributes([{ key: PHASE_ATTRIBUTE, value: phase }]);
    this.draw();
  }

  private draw(): void {
    const { obsid, obstime, reference } = this.scene;
    const { card, tables, bands } = this.order;
    const facts = [
      `**${this.phase}**: scene ${obsid} (${card}) of ${obstime} UTC`,
      '',
      reference,
      '',
      // What went wrong comes first: the Web UI shows the first lines without scrolling.
      ...this.notes.map((note) => `- ${note}`),
      ...(this.host === '' ? [] : [`- host: ${this.host}`]),
      ...(this.parcels === undefined ? [] : [`- parcels met: ${grouped(this.parcels)}`]),
      ...(this.chunks === 0
        ? []
        : [
            `- chunks stored: ${this.stored} of ${this.chunks}`,
            `- rows stored by this run: ${grouped(this.rows)}`,
          ]),
      `- ${bands.join(', ')} into ${tables.results}`,
    ];
    setCurrentDetails(facts.join('\n'));
  }
}

/** 12,345 */
function grouped(count: number): string {
  return count.toLocaleString('en');
}
