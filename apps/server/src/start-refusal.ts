/** Why the service does not start, in one line for the person who started it. Not a bug of ours. */
export class StartRefusal extends Error {
  override readonly name = 'StartRefusal';
}

export function tellRefusal({ message }: StartRefusal): void {
  process.stderr.write(`countersign: ${message.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}\n`);
}
