/** A whole number from 1, as options of several commands take it. */
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError for anything else, which commander tells with the option's name. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return value;
}
