/**
 * Campaigns from a program of one's own: connecting to the Temporal server, starting campaigns, following and asking them,
 * telling them what to do. Workers do the work; nothing here extracts anything.
 *
 * {@link connectTemporal} takes the settings of the `temporal` command, {@link startCampaign} starts a campaign and
 * {@link followCampaign} tells of it to its end. Whatever Temporal itself can do with a workflow, a {@link CampaignHandle}
 * can do with a campaign.
 *
 * Terms. *Handle*: what a workflow is asked and told by. *Follow*: to tell how far a workflow is until it ends, whatever the
 * connection does. *Ending*: what a campaign came to. *Outage*: the server is away, and the workflow goes on.
 *
 * @module parcelwise
 */
export { configuredTemporal, connectTemporal, TemporalUnreachable } from './temporal.js';
export type { Environment } from './temporal.js';
export type { TemporalConnection } from './temporal-connection.js';
export { withTemporal } from './with-temporal.js';
export {
  campaignName,
  campaignOf,
  cancelCampaign,
  describeCampaign,
  pauseCampaign,
  progressOf,
  resumeCampaign,
  setConcurrency,
  startCampaign,
} from './campaigns.js';
export type { CampaignHandle } from './campaigns.js';
export type { CampaignInput } from '../campaigns/options.js';
export type { OpenScene, Progress } from '../workflows/messages.js';
export { endingOf, standingInWords } from './campaign-ending.js';
export type { Ending, Standing } from './campaign-ending.js';
export { followCampaign } from './follow.js';
export type { CampaignWatcher } from './follow.js';
export { createSchedule, listSchedules, parseDuration, scheduleOf } from './schedules.js';
export type { ListedSchedule, ScheduleSpec } from './schedules.js';
export type { TickInput } from '../workflows/tick.js';
export { UserError } from '../terminal/user-error.js';
export { describe } from './failure.js';
// What commands and workers ask of the server beside campaigns; nothing that is promised to others.
export { followRetries } from './follow.js';
export { installRuntime } from './runtime.js';
export { createSearchAttributes, hasSearchAttributes } from './search-attributes.js';
export { describeNamespace, placeOf, pollersOf, refusedBy, stateOf, temporalQueries } from './temporal.js';
