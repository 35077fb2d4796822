// What the doctor says of one thing.

export interface Finding {
  readonly what: string;
  readonly state: 'fine' | 'warning' | 'problem';
  readonly says: string;
  readonly advice: string | null;
}

export const fine = (what: string, says: string): Finding => ({ what, state: 'fine', says, advice: null });
export const warning = (what: string, says: string, advice: string): Finding => ({
  what,
  state: 'warning',
  says,
  advice,
});
export const problem = (what: string, says: string, advice: string): Finding => ({
  what,
  state: 'problem',
  says,
  advice,
});
