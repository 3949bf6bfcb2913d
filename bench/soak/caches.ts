/**
 * The caches of the Temporal server that a soak makes smaller, as its clock is faster. What they hold goes only when other
 * things come (server 1.29: by number or bytes; times to live are looked at when an entry is asked for), so those of a
 * server in earnest grow for months of hourly ticks, to a size that is known from the start, and a soak would see nothing
 * but that.
 */

/** Workflow states; the dev server's own setting is 8096, and a tick with nothing to do leaves three. */
const STATES = 128;
/** Bytes of histories kept for replication, which a dev server does not do: 8 MiB by default. */
const HISTORY_BYTES = 256 * 1024;

export const SMALL_CACHES = {
  flags: [
    ...['--dynamic-config-value', `history.hostLevelCacheMaxSize=${STATES}`],
    ...['--dynamic-config-value', `history.xdcCacheMaxSizeBytes=${HISTORY_BYTES}`],
  ],
  text:
    `Two caches of the Temporal server are smaller than usual, so that they are full within a few days and not within months ` +
    `of hourly ticks: that of workflow states holds ${STATES} (the dev server's own setting: 8096), that of histories ` +
    `${HISTORY_BYTES / 1024} KiB (8 MiB).`,
};
