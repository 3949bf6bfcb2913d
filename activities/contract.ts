/**
 * What workflows and activities say to each other: names, ranges and counts, never pixels, geometries, rows or
 * credentials. Pure types, so that workflow code may import this file.
 *
 * Terms. *Step*: the function behind an activity, given a *context* (cancellation, heartbeats) and its *dependencies*
 * (database, store, scratch disk, threads). *Stage*: to bring a scene's objects to a host. *Mark*: to end a scene in a
 * terminal status. *Release*: to give it back. *Hindrance*: why nothing gets on.
 */
import type { Renewal } from '../database/ledger/renewal.js';
import type { CampaignRequest } from '../campaigns/options.js';
import type { Order, SceneRef } from '../campaigns/order.js';
import type { Accounts, Chunk, Owner } from '../database/terms.js';
import type { StagedParts } from '../extraction/scratch/staged-layers.js';

export interface PreparedCampaign {
  readonly order: Order;
  /** Scenes still to be extracted at this moment that the order is about. */
  readonly scenes: number;
  /** Claims of workflows that no longer run, given back. */
  readonly reconciled: number;
  /** Whether the server knows parcelwise's search attributes. */
  readonly searchAttributes: boolean;
  /** Things a person should know that do not stop the campaign. */
  readonly warnings: readonly string[];
}

export interface ScenePage {
  readonly scenes: readonly SceneRef[];
  /** True when the catalogue has no further scene after this page. */
  readonly last: boolean;
}

/** What is left of an order. */
export interface Stock {
  /** Scenes to extract. */
  readonly ingested: number;
  /** Claims in the campaign's name. With none of its scenes in flight, an earlier run of it is about to give them back. */
  readonly held: number;
}

/** The common part of every activity of a scene. */
export interface SceneTask {
  readonly order: Order;
  readonly scene: SceneRef;
  readonly owner: Owner;
  readonly campaign: string;
}

export type ClaimOutcome =
  | {
      readonly claimed: true;
      /** Whether any parcel lies under the scene. */
      readonly parcels: boolean;
      /** The bands to extract: those ordered, or those that chunks are stored with already; to add, those that these lack. */
      readonly bands: readonly string[];
      /** Those that have clear rows too, or lack nothing else; left out where there are none. */
      readonly clearBands?: readonly string[] | undefined;
      /** The order's own indices, where chunks are stored whose expressions hold; left out where the order's do. */
      readonly indices?: Readonly<Record<string, string>> | undefined;
      /** Set where the scene should not be extracted. */
      readonly terminal?: TerminalStatus;
      /** The same under its name of 0.1.0, which workflows of that release read; goes with 0.3.0. */
      readonly verdict?: TerminalStatus;
    }
  | {
      readonly claimed: false;
      readonly status: string;
      readonly owner?: Owner | undefined;
      /** The owner's namespace and Temporal server, where they are not the campaign's own. */
      readonly elsewhere?: string | undefined;
    };

/** A scene staged on a host: the queue that reaches it, and what lies there. */
export interface Staged {
  readonly host: string;
  readonly queue: string;
  /** Brought from the store. */
  readonly bytes: number;
  /** How much of the scene that is, where it is not all. */
  readonly parts?: StagedParts | undefined;
  /** Sentences about what the product's metadata, STAC item and name say differently of its numbers. */
  readonly contradictions?: readonly string[] | undefined;
  /** 2 where the host knows `planOrFinish` and `extractAndCopyChunk`; left out by workers of 0.1.0. */
  readonly stepNames?: 2 | undefined;
}

/** What the class map says of the parcels of a scene of which cloudy ones are left out. */
export interface CloudyCount {
  readonly parcels: number;
  /** Parcels that have pixels. */
  readonly of: number;
}

export interface PlannedScene {
  /** Parcels the scene meets. */
  readonly parcels: number;
  /** Left out where cloudy parcels are measured as others are. */
  readonly cloudy?: CloudyCount | undefined;
  /** All chunks of the plan. */
  readonly chunks: number;
  /** Those not stored yet. */
  readonly pending: readonly Chunk[];
  /** Set where nothing is left to be done here: the last chunk was stored at once, and the staged files are removed. */
  readonly finished?: Pick<Accounts, 'rows' | 'clear'> | undefined;
}

export interface ChunkTask extends SceneTask {
  readonly chunk: Chunk;
}

/** A chunk's accounts; set where its rows are in the database already, so that nothing of it is left to be copied. */
export interface ExtractedChunk extends Accounts {
  readonly stored?: true | undefined;
}

/** What has changed of the parcels of a scene since it was extracted. */
export type { Renewal } from '../database/ledger/renewal.js';

/** An extracted scene's accounts. */
export interface MarkedScene extends Accounts {
  /** Rows stored since it was claimed; the others stood there before. Left out by workers of before. */
  readonly fresh?: number | undefined;
  /** The same of clear rows; left out where there are none. */
  readonly freshClear?: number | undefined;
}

/** The status word a scene ends in where it is not `extracted`, and the reason, for people. */
export interface TerminalStatus {
  readonly status: string;
  readonly reason: string;
}

/** Activities of the queue `parcelwise`: PostgreSQL and Temporal only, light. */
export interface DatabaseActivities {
  readonly prepareCampaign: (request: CampaignRequest) => Promise<PreparedCampaign>;
  readonly listScenes: (order: Order, after: SceneRef | null, limit: number) => Promise<ScenePage>;
  readonly claim: (task: SceneTask) => Promise<ClaimOutcome>;
  /** Plans chunks of the parcels that have changed since the scene was extracted. */
  readonly renew: (task: SceneTask) => Promise<Renewal>;
  /** Ends the scene in this status, or in `extracted` where there is none. */
  readonly mark: (task: SceneTask, terminal: TerminalStatus | null) => Promise<MarkedScene | null>;
  readonly release: (task: SceneTask) => Promise<void>;
  /** What scenes in flight wait for, in sentences. */
  readonly findHindrances: (
    order: Order,
    open: readonly Pick<SceneRef, 'obsid'>[],
    campaign: string,
  ) => Promise<readonly string[]>;
  /** Gives scenes back whose owner no longer runs, and counts what is left of a campaign's order. */
  readonly takeStock: (order: Order, campaign: string) => Promise<Stock>;
}

/** The activity of the queue `parcelwise-stage`. */
export interface StageActivities {
  readonly stage: (task: SceneTask) => Promise<Staged>;
}

/** Activities of the queue `parcelwise-host-<host>`: all that needs the staged files. */
export interface HostActivities {
  /** Plans the scene; where one chunk or none is left of it, extracts and copies that and removes the files, too. */
  readonly planOrFinish: (task: SceneTask) => Promise<PlannedScene>;
  /** Extracts a chunk and copies its rows; where copying fails, they wait on the scratch disk for `copyChunk`. */
  readonly extractAndCopyChunk: (task: ChunkTask) => Promise<ExtractedChunk>;
  readonly copyChunk: (task: ChunkTask) => Promise<Accounts>;
  readonly discard: (task: SceneTask) => Promise<void>;
  /** `planOrFinish` under its name of 0.1.0; goes with 0.3.0. */
  readonly plan: HostActivities['planOrFinish'];
  /** `extractAndCopyChunk` under its name of 0.1.0; goes with 0.3.0. */
  readonly extractChunk: HostActivities['extractAndCopyChunk'];
}
