/**
 * What workflows and activities say to each other: names, ranges and counts, never pixels, geometries, rows or
 * credentials. Pure types, so that workflow code may import this file.
 */
import type { Renewal } from '../database/ledger/renewal.js';
import type { CampaignRequest, Order, SceneRef } from '../campaigns/order.js';
import type { Accounts, Chunk, Owner } from '../database/terms.js';

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
      /** The bands to extract: those ordered, or those that chunks are stored with already. */
      readonly bands: readonly string[];
      /** Set where the scene should not be extracted. */
      readonly verdict?: Verdict;
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
  readonly bytes: number;
  /** Sentences about what the product's metadata, catalogue and name say differently of its numbers. */
  readonly contradictions?: readonly string[] | undefined;
}

export interface PlannedScene {
  /** Parcels the scene meets. */
  readonly parcels: number;
  /** All chunks of the plan. */
  readonly chunks: number;
  /** Those not stored yet. */
  readonly pending: readonly Chunk[];
  /** Set where nothing is left to be done here: the last chunk was stored at once, and the staged files are removed. */
  readonly finished?: { readonly rows: number } | undefined;
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
}

/** Status word and its reason, for people. */
export interface Verdict {
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
  /** Marks the scene with the verdict, or `extracted` where there is none. */
  readonly mark: (task: SceneTask, verdict: Verdict | null) => Promise<MarkedScene | null>;
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
  readonly plan: (task: SceneTask) => Promise<PlannedScene>;
  readonly extractChunk: (task: ChunkTask) => Promise<ExtractedChunk>;
  readonly copyChunk: (task: ChunkTask) => Promise<Accounts>;
  readonly discard: (task: SceneTask) => Promise<void>;
}

/** Failure types that activities throw; what follows from each stands in workflows/failures.ts. */
export type FailureType =
  /** The product or one of its objects is missing; details: the seed's status word. */
  | 'SceneIncomplete'
  /** A raster can't be read, or the bands do not fit each other. */
  | 'BadRaster'
  /** Another run owns the scene, or nobody does. */
  | 'ClaimLost'
  /** The scratch folder of the scene is not here (any more). */
  | 'NotStaged'
  /** An address that a catalogue told was refused: the scene is given back until a sync brings another. */
  | 'AddressRefused'
  /** The database or the store refuses us, or a table is not as it must be: a person has to act. */
  | 'Misconfigured'
  /** The database is away, or refuses for the time being: everyone's trouble, and not the scene's. */
  | 'Outage'
  /** The scratch disk of this host is full. */
  | 'DiskFull'
  /** The worker was told to stop. */
  | 'WorkerStopped'
  /** Anything else that may pass by itself. */
  | 'Transient';
