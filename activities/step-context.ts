/** How a step hears of cancellation and tells how far it is, with or without Temporal around it. */
export interface StepContext {
  readonly signal: AbortSignal;
  /** Tells people and the server how far the step is: short plain data. */
  report(details: Readonly<Record<string, string | number>>): void;
}
