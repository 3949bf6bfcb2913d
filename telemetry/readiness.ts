/** Whether a process can do its work now: named conditions, each with the reason where it does not hold. */

/** Answers with the reason why it does not hold, without addresses or names of people; undefined where it does. */
export type Condition = () => Promise<string | undefined>;

export type Conditions = Readonly<Record<string, Condition>>;

export interface Readiness {
  readonly ready: boolean;
  /** `ok`, or the reason, by name of the condition. */
  readonly conditions: Readonly<Record<string, string>>;
}

/** Whoever watches asks again within seconds, and takes no answer for a bad one. */
const WITHIN_MS = 3_000;
/** Asked more often than that, the answer of before stands. */
const REMEMBERED_MS = 1_000;

/** Asks all conditions at once, however often it is asked itself. */
export function readinessOf(conditions: Conditions): () => Promise<Readiness> {
  let known: { readonly at: number; readonly told: Promise<Readiness> } | undefined;
  return () => {
    const now = performance.now();
    if (known === undefined || now - known.at > REMEMBERED_MS) known = { at: now, told: askAll(conditions) };
    return known.told;
  };
}

/** The reason where the work fails, in place of the error: that may name hosts and users. */
export async function failing(work: Promise<unknown>, reason: string): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch {
    return reason;
  }
}

async function askAll(conditions: Conditions): Promise<Readiness> {
  const told = await Promise.all(
    Object.entries(conditions).map(async ([name, condition]) => [name, await within(condition)] as const),
  );
  return {
    ready: told.every(([, reason]) => reason === undefined),
    conditions: Object.fromEntries(told.map(([name, reason]) => [name, reason ?? 'ok'])),
  };
}

async function within(condition: Condition): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, WITHIN_MS, `no answer within ${WITHIN_MS / 1000} s`);
  });
  const asked = condition().catch(() => 'it could not be asked');
  return Promise.race([asked, late]).finally(() => {
    clearTimeout(timer);
  });
}
