// Why a PostgreSQL cannot be used, in one line for the person at the terminal. What the driver and the server say quotes
// users, hosts and databases, and a typing error makes a password into any of them: it is told by its code.

import { scrubUrl } from '#server/secrets-in-settings.js';
import { StartRefusal } from '#server/start-refusal.js';

const reasons: Readonly<Record<string, string>> = {
  '28P01': 'its server refuses the user or the password',
  '28000': 'its server refuses the user or the way it comes',
  '3D000': 'its server has no such database',
  '53300': 'its server has no connection left',
  '57P03': 'its server is starting or stopping',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'its host is not known',
};
const isNetwork = /^E[A-Z]+$/;

export function postgresRefusal(error: unknown, url: string): StartRefusal {
  return new StartRefusal(`COUNTERSIGN_READ_MODELS cannot be used: ${reasonOf(error, url)}`, {
    cause: error,
  });
}

function reasonOf(error: unknown, url: string): string {
  const code = codeOf(error);
  if (code !== null && reasons[code] !== undefined) return reasons[code];
  if (code !== null && isNetwork.test(code)) return `its server does not answer (${code})`;
  const text = error instanceof Error ? error.message : String(error);
  return scrubUrl(url)(text);
}

/** Of what is at the bottom: stores tell it in their own words, and keep it as the cause. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return codeOf(cause) ?? (typeof code === 'string' ? code : null);
}
