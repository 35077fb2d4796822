// The order of texts on both engines, which compare the bytes of UTF-8: that of code points.

const firstSurrogate = 0xd800;
const firstAfterSurrogates = 0xe000;

export function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at += 1) {
    const [unit, beside] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (unit !== beside) return inOrder(unit) - inOrder(beside);
  }
  return one.length - other.length;
}

/** Halves of a pair stand for code points beyond all others. */
function inOrder(unit: number): number {
  return unit >= firstSurrogate && unit < firstAfterSurrogates ? unit + firstAfterSurrogates : unit;
}
