/** Names that make work findable and unique: workflow ids, queues, search attributes. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** The task queue of workflows and database activities. */
export const ORCHESTRATOR_QUEUE = 'parcelwise';
/** Downloads; admission is bounded on each host by disk and scenes. */
export const STAGE_QUEUE = 'parcelwise-stage';

export function campaignId(name: string): string {
  return `campaign/${name}`;
}

export function syncId(name: string): string {
  return `sync/${name}`;
}

/** Ids of schedules; the server adds the time of each tick to its workflow's id. */
export function scheduleId(name: string): string {
  return `schedule/${name}`;
}

export function tickId(name: string): string {
  return `tick/${name}`;
}

/** One scene into one results table at a time: the id is the de-duplication. `resultsTable` is canonical (`public.sigs`). */
export function sceneId(resultsTable: string, obsid: number): string {
  return `scene/${resultsTable}/${obsid}`;
}

/** Search attributes, created by `parcelwise init` and by every orchestrator at its start. */
export const CAMPAIGN_ATTRIBUTE = defineSearchAttributeKey('ParcelwiseCampaign', SearchAttributeType.KEYWORD);
export const CARD_ATTRIBUTE = defineSearchAttributeKey('ParcelwiseCard', SearchAttributeType.KEYWORD);
export const PHASE_ATTRIBUTE = defineSearchAttributeKey('ParcelwisePhase', SearchAttributeType.KEYWORD);
export const PARCELS_ATTRIBUTE = defineSearchAttributeKey('ParcelwiseParcels', SearchAttributeType.INT);

export const SEARCH_ATTRIBUTES = [
  CAMPAIGN_ATTRIBUTE,
  CARD_ATTRIBUTE,
  PHASE_ATTRIBUTE,
  PARCELS_ATTRIBUTE,
] as const;
