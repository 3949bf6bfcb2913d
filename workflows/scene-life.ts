/**
 * The life of a scene: claim, stage, plan, extract and copy each chunk, discard, mark. It is told once: the workflow lives
 * it by activities, `parcelwise extract` by calls in its own process. So nothing here needs Temporal around it.
 *
 * Here a scene's status word is decided (`conclude`, `settle`): `extracted` where all went well; what the claim found
 * (`superseded`, `no_parcels`); the word that the failure brings where the scene is at fault (failures.ts: `bad_raster`, or a
 * missing object's, which stands in the CARD type's file); `ingested` where it is given back. database/ledger/mark.ts writes it.
 */
import type {
  ChunkTask,
  ClaimOutcome,
  ExtractedChunk,
  MarkedScene,
  PlannedScene,
  Renewal,
  SceneTask,
  Staged,
  TerminalStatus,
} from '../activities/contract.js';
import { type Accounts, type Chunk, NONE_UNDER_IT } from '../database/terms.js';
import { type Consequence, consequenceOf, reasonOf } from './failures.js';
import type { SceneBoard } from './scene-board.js';
import { Stagings } from './stagings.js';

/** The steps that only ask the database, and the one that finds a host. Each waits for what is away as its caller wants it. */
export interface SceneSteps {
  claim(task: SceneTask): Promise<ClaimOutcome>;
  renew(task: SceneTask): Promise<Renewal>;
  stage(task: SceneTask): Promise<Staged>;
  on(staged: Staged): HostSteps;
  mark(task: SceneTask, terminal: TerminalStatus | null): Promise<MarkedScene | null>;
  /** Comes to its end however long the database is away. */
  release(task: SceneTask): Promise<void>;
}

/** The steps where the staged files lie. `chunks`, the number of all, is for people. */
export interface HostSteps {
  planOrFinish(task: SceneTask): Promise<PlannedScene>;
  extractAndCopy(task: ChunkTask, chunks: number): Promise<ExtractedChunk>;
  copy(task: ChunkTask, chunks: number): Promise<Accounts>;
  discard(task: SceneTask): Promise<void>;
}

/** What differs between a workflow and a process. */
export interface Surroundings {
  /** Whether there may be other hosts, and time to wait for them or for room. */
  readonly hasHosts: boolean;
  /** Runs so many lanes side by side. The first to fail ends the others, and is thrown when all have ended. */
  sideBySide(lanes: number, lane: () => Promise<void>): Promise<void>;
  /** Does what has to be done even where the scene is cancelled. */
  shielded<T>(work: () => Promise<T>): Promise<T>;
  /** Whether an error says that the scene was cancelled. */
  isCancellation(error: unknown): boolean;
}

/** Whom the life is told to, for people. */
export type LifeBoard = Pick<SceneBoard, 'staging' | 'stagedOn' | 'planned' | 'chunkStored' | 'note' | 'end'>;

export interface SceneOutcome {
  /** A catalogue status word, or `skipped` where the scene is in other hands. */
  readonly status: string;
  readonly reason: string;
  readonly parcels: number;
  readonly rows: number;
  /** Of which so many were stored by this run; the others stood there. Left out by workers of before, which is: all. */
  readonly stored?: number | undefined;
  /** Clear rows stored by this run; left out where there are none. */
  readonly clear?: number | undefined;
}

/** A scene that has no end yet: its claim was given back, for the reason and the error that it says. */
export interface GivenBack {
  readonly givenBack: string;
  readonly stopsCampaign: boolean;
  readonly error: unknown;
}

/** Chunks under way at a time: while one is copied the next is extracted. */
const LANES = 4;
/** The status word of a scene that came to its good end. */
export const EXTRACTED = 'extracted';

export class SceneLife {
  constructor(
    private readonly steps: SceneSteps,
    private readonly board: LifeBoard,
    private readonly around: Surroundings,
  ) {}

  /** @throws the cancellation, once the claim is given back. */
  async live(wanted: SceneTask): Promise<SceneOutcome | GivenBack> {
    const { steps, board } = this;
    board.staging();
    try {
      const claim = await steps.claim(wanted);
      if (!claim.claimed) return this.skipped(`not ours to take: ${whose(claim)}`);
      const { bands, clearBands, indices } = claim;
      const order = {
        ...{ ...wanted.order, bands },
        ...(clearBands && { clearBands }),
        ...(indices && { indices }),
      };
      const task: SceneTask = { ...wanted, order };
      const known = claim.terminal ?? claim.verdict;
      if (known) return await this.conclude(task, known);
      // Somebody else has added it meanwhile.
      if (task.order.add === true && bands.length === 0 && !clearBands)
        return await this.conclude(task, null);
      const renewing = task.order.changedOnly === true;
      if (renewing && !(await this.hasChanged(task))) return await this.conclude(task, null);
      // A scene to renew has rows, even where none of its parcels is left.
      const terminal = claim.parcels || renewing ? await this.extractOrEnd(task) : NONE_UNDER_IT;
      return await this.conclude(task, terminal);
    } catch (error) {
      return await this.settle(wanted, error);
    }
  }

  /** Whether parcels were added or redrawn since the scene was extracted, or something of it is left to do. */
  private async hasChanged(task: SceneTask): Promise<boolean> {
    const { added, redrawn, gone, pending } = await this.steps.renew(task);
    this.board.note(`parcels added: ${added}, redrawn: ${redrawn}, gone: ${gone}`);
    return pending > 0;
  }

  /** Extracts the scene; a terminal status says why it could not be, where the scene itself is at fault. */
  private async extractOrEnd(task: SceneTask): Promise<TerminalStatus | null> {
    try {
      await this.extractSomewhere(task);
      return null;
    } catch (error) {
      const consequence = consequenceOf(error);
      if (consequence.kind !== 'mark') throw error;
      return consequence.terminal;
    }
  }

  /** Stages the scene on a host and extracts it there; again, on another host if need be, where that may help. */
  private async extractSomewhere(task: SceneTask): Promise<void> {
    const { steps, board, around } = this;
    const tries = new Stagings(around.hasHosts);
    for (;;) {
      tries.begin();
      board.staging();
      const staged = await steps.stage(task);
      board.stagedOn(staged);
      for (const sentence of staged.contradictions ?? []) board.note(sentence);
      const host = steps.on(staged);
      try {
        const isDiscarded = await this.extractOn(host, task, tries);
        if (!isDiscarded) await this.discard(host, task);
        return;
      } catch (error) {
        if (around.isCancellation(error)) {
          await around.shielded(() => this.discard(host, task));
          throw error;
        }
        const consequence = consequenceOf(error);
        // Also where the disk is full: somebody has to make room.
        if (!ARE_LOST.has(consequence.kind)) await this.discard(host, task);
        if (!tries.allowAnother(consequence)) throw error;
        board.note(`staged again after ${staged.host}: ${reasonOf(consequence)}`);
      }
    }
  }

  /** @returns whether the host has removed the staged files already. */
  private async extractOn(host: HostSteps, task: SceneTask, tries: Stagings): Promise<boolean> {
    const plan = await host.planOrFinish(task);
    this.board.planned(plan);
    if (plan.finished) return true;
    const pending = [...plan.pending];
    await this.around.sideBySide(Math.min(LANES, pending.length), async () => {
      for (let chunk = pending.shift(); chunk !== undefined; chunk = pending.shift()) {
        const accounts = await extractAndCopy(host, task, chunk, plan.chunks);
        this.board.chunkStored(accounts);
        tries.storedOne();
      }
    });
    return false;
  }

  /** Scratch files that can't be removed now are swept when the host's worker starts again. */
  private async discard(host: HostSteps, task: SceneTask): Promise<void> {
    try {
      await host.discard(task);
    } catch (error) {
      if (this.around.isCancellation(error)) throw error;
    }
  }

  private async conclude(task: SceneTask, terminal: TerminalStatus | null): Promise<SceneOutcome> {
    const status = terminal?.status ?? EXTRACTED;
    const reason = terminal?.reason ?? '';
    const accounts = await this.steps.mark(task, terminal);
    this.board.end(status, reason);
    const rows = accounts?.rows ?? 0;
    const { freshClear: clear } = accounts ?? {};
    return {
      ...{ status, reason, parcels: accounts?.parcels ?? 0, rows, stored: accounts?.fresh ?? rows },
      ...(clear !== undefined && { clear }),
    };
  }

  /**
   * Ends a scene that has no status word of its own: whatever happened, and even where the claim's own answer was lost, the
   * claim does not outlive the life.
   */
  private async settle(task: SceneTask, error: unknown): Promise<SceneOutcome | GivenBack> {
    if (this.around.isCancellation(error)) {
      await this.giveBack(task, 'cancelled');
      throw error;
    }
    const consequence = consequenceOf(error);
    const reason = reasonOf(consequence);
    if (consequence.kind === 'leave') return this.skipped(reason);
    await this.giveBack(task, reason);
    return { givenBack: reason, stopsCampaign: consequence.kind === 'stop-campaign', error };
  }

  private async giveBack(task: SceneTask, reason: string): Promise<void> {
    await this.around.shielded(() => this.steps.release(task));
    this.board.end('ingested', `given back: ${reason}`);
  }

  private skipped(reason: string): SceneOutcome {
    this.board.end('skipped', reason);
    return { status: 'skipped', reason, parcels: 0, rows: 0 };
  }
}

/** After these nothing of the scene lies on a host that answers. */
const ARE_LOST: ReadonlySet<Consequence['kind']> = new Set(['restage', 'restage-host-gone']);

async function extractAndCopy(
  host: HostSteps,
  task: SceneTask,
  chunk: Chunk,
  chunks: number,
): Promise<Accounts> {
  const extracted = await host.extractAndCopy({ ...task, chunk }, chunks);
  return extracted.stored === true ? extracted : await host.copy({ ...task, chunk }, chunks);
}

/** The status word of a scene that can't be claimed, and who has it where that is known. */
function whose({ status, owner, elsewhere }: Extract<ClaimOutcome, { claimed: false }>): string {
  if (owner === undefined) return status;
  return `${status}, owned by ${owner.workflowId}${elsewhere === undefined ? '' : ` in ${elsewhere}`}`;
}
