// Reads QR codes as a camera would, by a reader that has nothing to do with what draws them.

import jsqr from 'jsqr';
import { PNG } from 'pngjs';

const prefix = 'data:image/png;base64,';

/** What the picture says; null where nobody can read it. */
export function scanPng(dataUri: string): string | null {
  if (!dataUri.startsWith(prefix)) return null;
  const { data, width, height } = PNG.sync.read(Buffer.from(dataUri.slice(prefix.length), 'base64'));
  return scan(new Uint8ClampedArray(data), width, height);
}

/** Pixels for each module, so that the reader finds its corners. */
const scale = 4;

/** Of markup that draws rows of modules as horizontal strokes. */
export function scanSvg(svg: string): string | null {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const path = /<path stroke="#000000" d="([^"]+)"/.exec(svg)?.[1] ?? '';
  const width = size * scale;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  let [x, y] = [0, 0];
  for (const [, command, first = '', second = '0'] of path.matchAll(/([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?/g)) {
    const [right, down] = [Number(first), Number(second)];
    if (command === 'M') [x, y] = [right, down];
    else {
      if (command === 'h') darken(pixels, width, { x, y: Math.floor(y), modules: right });
      [x, y] = [x + right, command === 'm' ? y + down : y];
    }
  }
  return scan(pixels, width, width);
}

interface Stroke {
  readonly x: number;
  readonly y: number;
  readonly modules: number;
}

function darken(pixels: Uint8ClampedArray, width: number, { x, y, modules }: Stroke): void {
  for (let row = y * scale; row < (y + 1) * scale; row += 1)
    for (let column = x * scale; column < (x + modules) * scale; column += 1)
      pixels.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3);
}

const scan = (pixels: Uint8ClampedArray, width: number, height: number): string | null =>
  reader(pixels, width, height)?.data ?? null;

/** A package of CommonJS, whose types say so otherwise. */
const reader = jsqr as unknown as typeof jsqr.default;
