/**
 * What a failure means, in one table: which errors of the code it stands for, whether another attempt may help, and what
 * becomes of the scene. Activities report by it and workflows act by it, so this file imports nothing.
 */

/**
 * What a workflow does about a failure that Temporal's attempts have not mended:
 * - `mark`: the scene itself is at fault; it ends in a status word.
 * - `restage`: the staged files are gone; stage again.
 * - `restage-host-gone`: the host gives no sign of life; stage again, elsewhere if need be.
 * - `wait-for-room`: the host's disk is full; wait for room, or stage again elsewhere.
 * - `leave`: the scene is another run's now; leave everything as it is.
 * - `stop-campaign`: nothing works until a person acts; give the scene back and stop the campaign.
 * - `retry`: the database or the worker is away; ask again, for as long as it takes.
 * - `give-back`: whatever it is may pass; give the scene back for a later round.
 */
export type ConsequenceKind =
  | 'mark'
  | 'restage'
  | 'restage-host-gone'
  | 'wait-for-room'
  | 'leave'
  | 'stop-campaign'
  | 'retry'
  | 'give-back';

interface FailureMeaning {
  /** Whether another attempt of the same activity may succeed; Temporal makes no other where it can't. */
  readonly retryable: boolean;
  readonly consequence: ConsequenceKind;
  /** What follows, for people: the table of docs/architecture.md. */
  readonly follows: string;
  /** Names of the errors it stands for. Names, since an error that comes out of a thread has lost its class. */
  readonly errors: readonly string[];
}

/** By failure type, which is what a history and the Web UI call it. */
export const FAILURES = {
  SceneIncomplete: {
    retryable: false,
    consequence: 'mark',
    follows: 'the scene ends in a status word: an object is missing',
    errors: ['SceneIncomplete'],
  },
  BadRaster: {
    retryable: false,
    consequence: 'mark',
    follows: 'fetched and tried once more, then the scene ends in `bad_raster`',
    errors: ['RasterError', 'BadScene', 'NotAligned'],
  },
  NotStaged: {
    retryable: false,
    consequence: 'restage',
    follows: 'staged again, on another host if need be; so too where a host falls silent',
    errors: ['NotStaged', 'NotFetched', 'ScratchDamaged', 'LedgerIncomplete', 'PlanChanged'],
  },
  Outage: {
    retryable: true,
    consequence: 'retry',
    follows: 'the database is away, read-only or out of connections: waited for, however long it takes',
    // A database error says by its code whether it is one, see `Transient`.
    errors: [],
  },
  DiskFull: {
    retryable: true,
    consequence: 'wait-for-room',
    follows: 'waited for, however long it takes; another host with room takes the scene',
    errors: ['DiskFull'],
  },
  WorkerStopped: {
    retryable: true,
    consequence: 'retry',
    follows: 'a deploy: asked again a second later, as often as there are deploys',
    // Temporal's own cancellation, when a worker shuts down.
    errors: [],
  },
  ClaimLost: {
    retryable: false,
    consequence: 'leave',
    follows: "the workflow ends; the scene is somebody else's",
    errors: ['ClaimLost'],
  },
  AddressRefused: {
    retryable: false,
    consequence: 'give-back',
    follows:
      'the scene is given back at once: an address of its STAC item was refused, and the next sync may bring another',
    errors: ['AddressRefused'],
  },
  Misconfigured: {
    retryable: false,
    consequence: 'stop-campaign',
    follows:
      'the scene is given back and the campaign stops: a password, a table or a right is wrong, and a person has to act',
    errors: [
      'DatabaseSetupError',
      'IndexRefused',
      'StoreDenied',
      'StoreUntrusted',
      'S3ConfigError',
      'StacDenied',
    ],
  },
  Transient: {
    retryable: true,
    consequence: 'give-back',
    follows:
      'tried again, thirty times in about twelve minutes; then the scene is given back, and taken up again in a later round',
    // All that is named nowhere else passes too. These are named because it was thought of them; what PostgreSQL says by its
    // code makes an `Outage` of a connection that broke, and `Misconfigured` of one that is refused.
    errors: [
      'ConnectionFailed',
      'ConnectionLost',
      'CoverageDamaged',
      'GeometryError',
      'ObjectMissing',
      'ParcelsChanged',
      'SetBackByOthers',
      'StacFailure',
      'StoreFailure',
    ],
  },
} as const satisfies Record<string, FailureMeaning>;

export type FailureType = keyof typeof FAILURES;

/** The types in the table's order. */
export const FAILURE_TYPES = Object.keys(FAILURES) as readonly FailureType[];

/** Failure types that no other attempt of the same activity can mend. */
export const NOT_RETRYABLE: readonly FailureType[] = FAILURE_TYPES.filter(
  (type) => !FAILURES[type].retryable,
);

const BY_ERROR: ReadonlyMap<string, FailureType> = new Map(
  FAILURE_TYPES.flatMap((type) => FAILURES[type].errors.map((name) => [name, type] as const)),
);

/** The failure that an error of this name is, `Transient` where the table does not name it. */
export function failureTypeOf(errorName: string): FailureType {
  return BY_ERROR.get(errorName) ?? 'Transient';
}

export function isFailureType(type: string | null | undefined): type is FailureType {
  return type !== null && type !== undefined && Object.hasOwn(FAILURES, type);
}
