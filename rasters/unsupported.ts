/**
 * What is asked of us that we don't do: the file may be sound, but is of a kind that isn't read. Found where the file's
 * name is not known, like Damage, of which it is the opposite: another copy of the file would not help.
 */
export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}
