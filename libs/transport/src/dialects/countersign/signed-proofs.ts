// What another service can trust without asking here, where a call names one.

interface ForSomebody {
  readonly proofAudience?: string | undefined;
}

interface Done {
  readonly answer: { readonly proof?: string };
  readonly repeated?: boolean;
}

export const isProofWanted = ({ proofAudience }: ForSomebody): boolean => proofAudience !== undefined;

/** Of a repeat it is left out: it was shown before. */
export const proofMessage = (request: ForSomebody, { answer, repeated = false }: Done) => ({
  proof: answer.proof ?? '',
  secretAlreadyShown: repeated && isProofWanted(request),
});
