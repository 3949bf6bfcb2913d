/** What a person should know beside the answer: on standard error, so that the answer stays what programs read. */
export function notice(text: string): void {
  process.stderr.write(`parcelwise: ${text}\n`);
}
