/** A campaign: pages through the catalogue's ingested scenes and keeps N of them in flight until none is left. */
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { PreparedCampaign } from '../activities/contract.js';
import type { CampaignInput, CheckedCampaignInput } from '../campaigns/options.js';
import { onDatabase, COUNTING_TIMEOUT, onDatabaseUntilDone } from './calls.js';
import { checkCampaignInput, checkConcurrency } from './campaign-input.js';
import {
  beginRound,
  type CampaignState,
  describeCampaign,
  endedCount,
  latestTrouble,
  newCampaign,
  progressOf,
} from './campaign-state.js';
import { watchForHindrances } from './hindrances.js';
import { CAMPAIGN_ATTRIBUTE, CARD_ATTRIBUTE, PHASE_ATTRIBUTE } from './ids.js';
import { pauseUpdate, type Progress, progressQuery, resumeUpdate, setConcurrencyUpdate } from './messages.js';
import { ScenesInFlight } from './scenes-in-flight.js';

/** Scenes a page of the catalogue holds: small enough for a history event, large enough to be rare. */
const PAGE = 200;
/** Without a scene that starts or ends for so many times the silence of a host, it is asked what they wait for. */
const HINDERED_AFTER = 2;
/** What made scenes fail, a database failing over or a host going, is often over after so long; times the round. */
const ROUND_PAUSE_MS = 10_000;

/**
 * Extracts every ingested scene the input is about.
 * @param input see campaigns/options.ts; fields left out come from the worker's db_config.json.
 * @param carried the state of the run before, set by continue-as-new only.
 * @throws ApplicationFailure `InvalidInput`, `Misconfigured`, or `CampaignIncomplete` when scenes had to be given back.
 */
export async function campaign(input: CampaignInput, carried?: CampaignState): Promise<Progress> {
  const checked = checkCampaignInput(input);
  const run = new CampaignRun(checked, carried ?? newCampaign(checked.concurrency));
  return await run.execute();
}

class CampaignRun {
  private phase: Progress['phase'] = 'preparing';
  private shownPhase: Progress['phase'] = 'preparing';
  private readonly inFlight: ScenesInFlight;
  /** Scenes started and ended. */
  private moves = 0;
  private hindrances: readonly string[] = [];

  constructor(
    private readonly input: CheckedCampaignInput,
    private readonly state: CampaignState,
  ) {
    this.inFlight = new ScenesInFlight(state, input.hostSilenceSeconds, () => {
      this.moves += 1;
      this.hindrances = [];
      this.show();
    });
    setHandler(progressQuery, () => this.progress());
    setHandler(pauseUpdate, () => {
      state.paused = true;
      return this.show();
    });
    setHandler(resumeUpdate, () => {
      state.paused = false;
      return this.show();
    });
    setHandler(
      setConcurrencyUpdate,
      (concurrency) => {
        state.concurrency = concurrency;
        return this.show();
      },
      { validator: checkConcurrency },
    );
  }

  async execute(): Promise<Progress> {
    const prepared = await this.prepare();
    const endWatch = patched('hindrances') ? this.watch(prepared) : () => Promise.resolve();
    try {
      await this.runRounds(prepared);
    } catch (error) {
      // Scenes in flight come to their own end before ours: a cancellation has reached them too, and they give back.
      this.enter('draining');
      await CancellationScope.nonCancellable(() => this.inFlight.ended());
      throw error;
    } finally {
      await endWatch();
    }
    await condition(allHandlersFinished);
    return this.conclude();
  }

  private watch({ order }: PreparedCampaign): () => Promise<void> {
    return watchForHindrances(this.input.hostSilenceSeconds * HINDERED_AFTER * 1000, {
      moves: () => this.moves,
      isWaiting: () => this.inFlight.count > 0,
      find: () =>
        onDatabase('what the scenes in flight wait for').findHindrances(
          order,
          this.inFlight.scenes.map(({ obsid }) => ({ obsid })),
          workflowInfo().workflowId,
        ),
      tell: (hindrances) => {
        if (hindrances.length === 0 && this.hindrances.length === 0) return;
        this.hindrances = hindrances;
        this.show();
      },
    });
  }

  private async prepare(): Promise<PreparedCampaign> {
    this.show();
    if (this.state.prepared === null) {
      this.state.prepared = await onDatabase(
        'check tables and bands, free scenes left behind, count what is to be done',
        COUNTING_TIMEOUT,
      ).prepareCampaign(this.input);
      this.state.total = this.state.prepared.scenes;
      if (this.state.prepared.searchAttributes) {
        upsertSearchAttributes([
          { key: CAMPAIGN_ATTRIBUTE, value: workflowInfo().workflowId },
          { key: CARD_ATTRIBUTE, value: this.input.card },
        ]);
      }
    }
    return this.state.prepared;
  }

  /**
   * Goes through the catalogue until nothing of the order is left in it. Scenes that had to be given back, by us or by an
   * earlier run of this campaign, are taken up again after a pause; so are those that arrived meanwhile.
   */
  private async runRounds(prepared: PreparedCampaign): Promise<void> {
    for (;;) {
      this.enter('running');
      const before = endedCount(this.state);
      await this.startScenes(prepared);
      if (this.isStopped()) this.enter('draining');
      await this.inFlight.ended();
      if (this.isStopped() || (await this.isFinished(prepared, before))) return;
      beginRound(this.state);
    }
  }

  /** After a round: whether nothing is left, or nothing that can be hoped for. Pauses where what is left needs time. */
  private async isFinished({ order }: PreparedCampaign, endedBefore: number): Promise<boolean> {
    const { state, input } = this;
    const stock = await onDatabaseUntilDone('what is left', COUNTING_TIMEOUT).takeStock(
      order,
      workflowInfo().workflowId,
    );
    if (stock.ingested === 0 && stock.held === 0) {
      // What we gave back has been taken up by somebody else.
      state.released = 0;
      return true;
    }
    if (endedCount(state) > endedBefore) state.fruitless = 0;
    else if (stock.ingested > 0) state.fruitless += 1;
    if (state.fruitless >= input.rounds) return true;
    await sleep(Math.max(1, state.fruitless) * ROUND_PAUSE_MS);
    return false;
  }

  private async startScenes(prepared: PreparedCampaign): Promise<void> {
    for (;;) {
      const { cursor } = this.state;
      const page = await onDatabaseUntilDone(
        `scenes to extract${cursor === null ? '' : `, those after ${cursor.obsid}`}`,
      ).listScenes(prepared.order, cursor, PAGE);
      for (const next of page.scenes) {
        await condition(() => this.mayStart());
        if (this.isStopped()) return;
        if (workflowInfo().continueAsNewSuggested) {
          this.enter('draining');
          await this.inFlight.ended();
          if (this.isStopped()) return;
          await this.continue();
        }
        await this.inFlight.start(prepared, next);
        this.state.cursor = next;
      }
      if (page.last) return;
    }
  }

  private isStopped(): boolean {
    return this.inFlight.misconfigured !== undefined;
  }

  private mayStart(): boolean {
    return this.isStopped() || (!this.state.paused && this.inFlight.count < this.state.concurrency);
  }

  /** A fresh history; nothing may be in flight across it. */
  private async continue(): Promise<never> {
    await condition(allHandlersFinished);
    return await continueAsNew<typeof campaign>(this.input, this.state);
  }

  private conclude(): Progress {
    const { misconfigured } = this.inFlight;
    const progress = this.enter('done');
    if (misconfigured !== undefined) throw ApplicationFailure.nonRetryable(misconfigured, 'Misconfigured');
    if (this.state.released > 0) {
      throw ApplicationFailure.nonRetryable(
        `${this.state.released} of ${progress.total} scenes were given back to ingested; start the campaign again to take them up. ` +
          `Last: ${latestTrouble(this.state)}`,
        'CampaignIncomplete',
      );
    }
    return progress;
  }

  private progress(): Progress {
    const phase = this.phase === 'running' && this.state.paused ? 'paused' : this.phase;
    return progressOf(this.state, phase, this.inFlight.scenes, this.hindrances);
  }

  private enter(phase: Progress['phase']): Progress {
    this.phase = phase;
    return this.show();
  }

  private show(): Progress {
    const progress = this.progress();
    setCurrentDetails(describeCampaign(this.state, progress));
    if (this.state.prepared?.searchAttributes === true && progress.phase !== this.shownPhase) {
      upsertSearchAttributes([{ key: PHASE_ATTRIBUTE, value: progress.phase }]);
      this.shownPhase = progress.phase;
    }
    return progress;
  }
}
