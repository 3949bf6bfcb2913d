/** `parcelwise worker`: polls the queues until it is told to stop. */
import { type Command, Option } from 'commander';
import { openLog } from '../../telemetry/log.js';
import { readSettings } from '../../workers/settings.js';
import { type Role, runWorker, STOPPED_WITHIN_MS } from '../../workers/worker.js';
import { addConfigOptions, configFiles, type ConfigOptions } from '../config-options.js';
import { explainListening, type ListenAddress, listenAddress } from '../listen-address.js';
import { stopSignal } from '../signals.js';

interface WorkerCommand extends ConfigOptions {
  readonly role: Role;
  readonly scratch?: string;
  readonly health?: ListenAddress;
}

export function addWorker(program: Command): void {
  addConfigOptions(program.command('worker'))
    .description('run workflows and activities until stopped (SIGTERM: ends in good order, exit 0)')
    .addOption(
      new Option(
        '--role <role>',
        'all queues in one process, workflows and database steps only, or downloads and raster work only',
      )
        .choices(['all', 'orchestrator', 'extractor'])
        .default('all'),
    )
    .option('--scratch <folder>', 'where scenes are staged and coverages cached (PARCELWISE_SCRATCH)')
    .option(
      '--health <address>',
      'where /healthz and /readyz are answered, to whoever asks: host:port, or a port of this machine',
      listenAddress,
    )
    .action(async (options: WorkerCommand) => {
      const log = openLog(process.env);
      const settings = readSettings({
        ...process.env,
        ...(options.scratch && { PARCELWISE_SCRATCH: options.scratch }),
      });
      const signal = stopSignal();
      // Whatever hangs: who was told to stop has stopped by then.
      signal.addEventListener('abort', () => {
        setTimeout(() => {
          log.warn('something did not end in time; what was under way is done again');
          process.exit();
        }, STOPPED_WITHIN_MS).unref();
      });
      await runWorker({
        ...configFiles(options),
        role: options.role,
        settings,
        log,
        signal,
        health: options.health,
        onReady: (host) => {
          const what = options.role === 'all' ? 'all queues' : `the ${options.role}'s queues`;
          log.info(`polling ${what}${host ? ` as ${host}, scratch ${settings.scratch}` : ''}`);
        },
      }).catch((error: unknown) => {
        throw options.health === undefined ? error : explainListening(error, options.health);
      });
      log.info('stopped');
    });
}
