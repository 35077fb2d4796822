import type { Answer } from '#read-models/queries/queries.js';

/** What was asked for has to be there, or the spec has no ground to stand on. */
export async function answered<Value>(asking: Promise<Answer<Value, unknown>>): Promise<Value> {
  const answer = await asking;
  if (answer.kind === 'rejected') throw new Error(JSON.stringify(answer.refusal));
  return answer.answer;
}

export const notFound = (noun: 'user' | 'organization') => ({
  kind: 'rejected',
  refusal: { code: `${noun}-not-found` },
});
