// Signs what a check came to, so that another service can trust it without asking here. The key is opened before a
// code is looked at: where nothing can be signed, no code is spent for it.

import type { Application } from '#application/application.js';
import type { Caller, Refused } from '#application/caller.js';
import type { NotExecuted } from '#application/execute.js';
import { addSealedKey, openSealedKey } from '#application/signing-keys/sealed-keys.js';
import { instanceStream } from '#application/surroundings.js';
import type { OnAppended, UserOutcome } from '#application/users.js';
import type { InvalidInput } from '#application/violations.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { type NotSetUp, notSetUp } from '#domain/instance/decide.js';
import { isSigningKeyWanted } from '#domain/signing-keys/decide.js';
import { keyThatSigns, proofSeconds, type SigningKey } from '#domain/signing-keys/state.js';
import type { PrivateKey } from '#secrets/signing-keys.js';

/** In the header of each, so that a proof passes for nothing else (RFC 8725 section 3.11). */
export const proofType = 'countersign-proof+jwt';

/** Left out where none was wanted, and in a repeat. */
export interface Proven {
  readonly proof?: string;
}

/** Of whom a proof speaks, and to whom. */
export interface ProofWanted {
  readonly audience: string;
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  readonly by: Caller;
}

/** By what the user was known. `amr` is as RFC 8176 has it, where it has a word. */
export type ShownFactor =
  | {
      readonly amr: readonly ['otp'];
      readonly factor: 'totp';
      readonly totp_id: TotpId;
      readonly purpose?: string;
    }
  | { readonly amr: readonly ['recovery_code']; readonly factor: 'recovery_code' };

export interface Check<Answer, Refusal> {
  readonly run: (onAppended: OnAppended) => Promise<UserOutcome<Answer, Refusal>>;
  readonly shown: (answer: Answer) => ShownFactor;
}

interface Opened {
  readonly kind: 'accepted';
  readonly keyId: string;
  readonly key: PrivateKey;
}

export type NotSigned = NotSetUp | NotExecuted | InvalidInput;

export class Signer {
  readonly #application: Application;
  #opened: Opened | null = null;

  constructor(application: Application) {
    this.#application = application;
  }

  /** A repeat of a call has no proof: whoever was told the first answer has it. */
  async proving<Answer extends Proven, Refusal>(
    wanted: ProofWanted,
    { run, shown }: Check<Answer, Refusal>,
  ): Promise<UserOutcome<Answer, Refusal | NotSetUp>> {
    const opened = await this.#keyThatSigns(wanted.by);
    if (opened.kind === 'rejected') return opened;
    let eventId = '';
    const outcome = await run((appended) => {
      eventId = appended;
    });
    if (outcome.kind === 'rejected' || outcome.repeated === true) return outcome;
    const { details, answer } = outcome;
    const at = Math.floor(details.changeDate / 1000);
    const claims = { ...this.#whom(wanted), ...shown(answer), iat: at, exp: at + proofSeconds, jti: eventId };
    const { signClaims } = this.#application.parts.secrets;
    const proof = await signClaims({ ...opened, type: proofType, claims });
    return { ...outcome, answer: { ...answer, proof } };
  }

  #whom({ audience, userId, organizationId }: ProofWanted) {
    const { externalUrl } = this.#application.parts;
    return { iss: externalUrl, sub: userId, aud: audience, resource_owner: organizationId };
  }

  async #keyThatSigns({ callId, traceId }: Caller): Promise<Opened | Refused<NotSigned>> {
    const { parts, instance } = this.#application;
    const { state } = await instance.streams.current(instanceStream);
    if (state.status === 'unknown') return { kind: 'rejected', refusal: notSetUp };
    if (isSigningKeyWanted(state.signingKeys, 'due', parts.clock())) {
      // Whoever asks for a proof has not asked for a key.
      const added = await addSealedKey(this.#application, { wanted: 'due', by: { editor, callId, traceId } });
      if (added.kind === 'rejected') return added;
    }
    const now = await instance.streams.get(instanceStream);
    if (now.state.status === 'unknown') return { kind: 'rejected', refusal: notSetUp };
    const signing = keyThatSigns(now.state.signingKeys, parts.clock()) as SigningKey;
    if (this.#opened?.keyId === signing.keyId) return this.#opened;
    const key = await openSealedKey(this.#application, now.state, signing);
    this.#opened = { kind: 'accepted', keyId: signing.keyId, key };
    return this.#opened;
  }
}

const editor = 'signing-keys';
