/** Workers as processes of their own, in a namespace of theirs on the test's Temporal server. */
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { quietRuntime } from '../workflows/quiet.js';
import { makeNamespace, temporalAddress } from '../workflows/server.js';
import { Command } from './command.js';

type Env = Readonly<Record<string, string>>;

export class WorkerProcesses {
  private running: Command[] = [];

  private constructor(
    private readonly connection: NativeConnection,
    readonly client: Client,
    /** What commands need to be about the same campaigns. */
    readonly env: Env,
  ) {}

  /** @param scratch the scratch folder of the workers */
  static async open(scratch: string): Promise<WorkerProcesses> {
    quietRuntime();
    const connection = await NativeConnection.connect({ address: temporalAddress! });
    const namespace = await makeNamespace(connection);
    return new WorkerProcesses(connection, new Client({ connection, namespace }), {
      TEMPORAL_ADDRESS: temporalAddress!,
      TEMPORAL_NAMESPACE: namespace,
      PARCELWISE_SCRATCH: scratch,
      PARCELWISE_RESERVE_GB: '0.001',
    });
  }

  /** A worker that polls all queues. */
  async start(files: readonly string[], env: Env = {}): Promise<Command> {
    const worker = new Command(['worker', ...files], { ...this.env, ...env });
    this.running.push(worker);
    await worker.says('polling all queues');
    return worker;
  }

  async kill(): Promise<void> {
    for (const worker of this.running) await worker.stop('SIGKILL');
    this.running = [];
  }

  async close(): Promise<void> {
    await this.kill();
    await this.connection.close();
  }
}
