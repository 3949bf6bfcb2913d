/**
 * The command `parcelwise` and what it understands.
 *
 * Terms. *Command*: a word of the command line with a file in `commands/`; the CLI asks and tells, and the work is done in the
 * rooms below. *Request*: options and db_config.json made into the input of a workflow. *Doctor*: looks at all that a
 * campaign needs, each *finding* with its remedy.
 */
import { Command } from 'commander';
import { FAILED, USAGE } from '../terminal/exit-codes.js';
import { tellExamples } from './examples.js';
import { programVersion } from './program-version.js';

/** Adds a command to the program. */
type Add = (program: Command) => void;

interface Entry {
  readonly name: string;
  /** Its line in the list of commands; its own help says more. */
  readonly summary: string;
  /** What a command works with takes most of a second to load, so each is loaded when it is asked for. */
  readonly load: () => Promise<Add>;
}

const COMMANDS: readonly Entry[] = [
  {
    name: 'init',
    summary: 'create what is missing in the database and on the Temporal server',
    load: async () => (await import('./commands/init.js')).addInit,
  },
  {
    name: 'worker',
    summary: 'run workflows and activities until stopped',
    load: async () => (await import('./commands/worker.js')).addWorker,
  },
  {
    name: 'campaign',
    summary: 'start, follow and steer campaigns',
    load: async () => (await import('./commands/campaign.js')).addCampaign,
  },
  {
    name: 'catalogue',
    summary: 'bring scenes into the catalogue, and show them',
    load: async () => (await import('./commands/catalogue.js')).addCatalogue,
  },
  {
    name: 'schedule',
    summary: 'sync the catalogue and extract what is new, again and again',
    load: async () => (await import('./commands/schedule.js')).addSchedule,
  },
  {
    name: 'parcels',
    summary: 'look parcels over before a campaign, and bring them in',
    load: async () => (await import('./commands/parcels.js')).addParcels,
  },
  {
    name: 'extract',
    summary: 'extract one scene in this process, without Temporal',
    load: async () => (await import('./commands/extract.js')).addExtract,
  },
  {
    name: 'scene',
    summary: 'show a scene, try it again, give it back',
    load: async () => (await import('./commands/scene.js')).addScene,
  },
  {
    name: 'results',
    summary: 'index tables of results and order them by parcel, for reads',
    load: async () => (await import('./commands/results.js')).addResults,
  },
  {
    name: 'reconcile',
    summary: 'give back every scene whose owner no longer runs',
    load: async () => (await import('./commands/reconcile.js')).addReconcile,
  },
  {
    name: 'export',
    summary: 'write series and parcels to files: Parquet, CSV, Arrow, GeoPackage',
    load: async () => (await import('./commands/export.js')).addExport,
  },
  {
    name: 'audit',
    summary: 'prove from the database that nothing is lost and nothing is there twice',
    load: async () => (await import('./commands/audit.js')).addAudit,
  },
  {
    name: 'certificate',
    summary: 'make the key that certificates are signed with, and verify certificates',
    load: async () => (await import('./commands/certificate.js')).addCertificate,
  },
  {
    name: 'doctor',
    summary: 'look at everything a campaign needs, and say what to do about it',
    load: async () => (await import('./commands/doctor.js')).addDoctor,
  },
  {
    name: 'serve',
    summary: 'answer over HTTP what is asked of parcels and their series',
    load: async () => (await import('./commands/serve.js')).addServe,
  },
  {
    name: 'account',
    summary: 'make accounts and tokens for serve',
    load: async () => (await import('./commands/account.js')).addAccount,
  },
  {
    name: 'up',
    summary: 'run PostgreSQL, Temporal and an S3 gateway in the foreground',
    load: async () => (await import('./commands/up.js')).addUp,
  },
  {
    name: 'down',
    summary: 'stop servers that were left running',
    load: async () => (await import('./commands/up.js')).addDown,
  },
  {
    name: 'temporal',
    summary: "run Temporal's own command",
    load: async () => (await import('./commands/temporal.js')).addTemporal,
  },
  {
    name: 'completion',
    summary: 'print what a shell needs to complete commands and options',
    load: async () => {
      const { addCompletion } = await import('./commands/completion.js');
      return (program) => {
        addCompletion(program, () => createProgram());
      };
    },
  },
  {
    name: 'demo',
    summary: 'the whole job on a made-up season of scenes',
    load: async () => (await import('./commands/demo.js')).addDemo,
  },
];

/** docs/commands.md has all of them. */
const EXIT_CODES_IN_SHORT = `Exit codes: 0 done, or all is well; ${FAILED} it failed, or something is not well;
${USAGE} asked for wrongly, or not set up; 130 and 143 ended by Ctrl-C and SIGTERM.
"parcelwise <command> --help" tells the options of a command.`;

/** @param words of the command line; commands that are not among them are only listed. All are loaded without it. */
export async function createProgram(words?: readonly string[]): Promise<Command> {
  const program = new Command('parcelwise')
    .description(
      'Zonal statistics of every agricultural parcel in every satellite scene, as durable Temporal workflows',
    )
    .version(programVersion())
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', `\n${EXIT_CODES_IN_SHORT}`);
  for (const { name, summary, load } of COMMANDS) {
    if (words === undefined || words.includes(name)) (await load())(program);
    else program.command(name).usage('[options]').summary(summary);
  }
  tellExamples(program);
  return program;
}
