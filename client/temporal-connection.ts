/** A connection to the Temporal server, and the namespace on it. */
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';

export interface TemporalConnection {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly address: string;
}
