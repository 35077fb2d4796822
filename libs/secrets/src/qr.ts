// QR codes of otpauth URIs: level M, black on white, as the cameras of old phones want them. Drawing takes
// milliseconds of the thread that asks: draw when someone is to see it, not with every registration.

import type { QRCodeSegment } from 'qrcode';

const look = {
  errorCorrectionLevel: 'M',
  color: { dark: '#000000ff', light: '#ffffffff' },
} as const;

/** Loaded when the first is drawn: a start waits for it in vain. */
const drawing = () => import('qrcode');

export async function qrPng(uri: string): Promise<Buffer> {
  const { toBuffer } = await drawing();
  return toBuffer(inBytes(uri), { ...look, type: 'png' });
}

export async function qrPngDataUri(uri: string): Promise<string> {
  return `data:image/png;base64,${(await qrPng(uri)).toString('base64')}`;
}

export async function qrSvg(uri: string): Promise<string> {
  const { toString: toText } = await drawing();
  return toText(inBytes(uri), { ...look, type: 'svg' });
}

/** Said outright: looking for the shortest mixture of modes takes a tenth of a second with a long URI. */
const inBytes = (uri: string): QRCodeSegment[] => [{ data: Buffer.from(uri), mode: 'byte' }];
