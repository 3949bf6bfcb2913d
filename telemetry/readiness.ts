/** Whether a process can do its work now: named conditions, each with the reason where it does not hold. */

/** Answers with the reason why it does not hold, without addresses or names of people; undefined where it does. */
export type Condition = () => Promise<string | undefined>;

export interface Readiness {
  readonly ready: boolean;
  /** `ok`, or the reason, by name of the condition. */
  readonly conditions: Readonly<Record<string, string>>;
}

/** Whoever watches asks again within seconds, and takes no answer for a bad one. */
const WITHIN_MS = 3_000;

export async function readinessOf(conditions: Readonly<Record<string, Condition>>): Promise<Readiness> {
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
