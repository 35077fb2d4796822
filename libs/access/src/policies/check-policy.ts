// Whether a text is one policy that could ever decide something here.

import type { DetailedError } from '@cedar-policy/cedar-wasm/nodejs';
import { type Cedar, cedar } from '#access/policies/cedar.js';
import { annotationDefects } from '#access/policies/notices.js';
import { policySchema } from '#access/policies/schema.js';

/** Somebody who mends one thing after the other needs no more at a time. */
const defectsMax = 10;
/** What Cedar says may repeat much of the policy. */
const defectCharactersMax = 300;

/** What is wrong with it, in sentences; nothing for a policy that may be set. */
export async function policyDefects(text: string): Promise<readonly string[]> {
  const defects = defectsOf(await cedar(), text);
  return defects.slice(0, defectsMax).map((defect) => defect.slice(0, defectCharactersMax));
}

function defectsOf({ policyToJson, validate }: Cedar, text: string): readonly string[] {
  const parsed = policyToJson(text);
  if (parsed.type === 'failure') return parsed.errors.map(sentenceOf);
  const validated = validate({ schema: policySchema, policies: { staticPolicies: { policy: text } } });
  if (validated.type === 'failure') return validated.errors.map(sentenceOf);
  // What it warns of is a policy that never decides, or text that does not say what it seems to.
  const found = [...validated.validationErrors, ...validated.validationWarnings];
  return [...found.map(({ error }) => sentenceOf(error)), ...annotationDefects(parsed.json)];
}

function sentenceOf({ message, help, sourceLocations: [where] = [] }: DetailedError): string {
  const at = where === undefined ? '' : ` at byte ${where.start}`;
  return `${message}${at}${help === null ? '' : `: ${help}`}`;
}
