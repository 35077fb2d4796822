// Each kind of stream with what loads it and what changes it: made once, used by every handler.

import { Executor, type Gate } from '#application/execute.js';
import { UsedKeys } from '#application/idempotency.js';
import {
  accountKind,
  instanceKind,
  loginNameKind,
  organizationKind,
  sessionKind,
} from '#application/kinds.js';
import type { Parts } from '#application/parts.js';
import { accountGate } from '#application/quota/account-gate.js';
import { noteReached } from '#application/quota/note-reached.js';
import { Quotas } from '#application/quota/quotas.js';
import { Signer } from '#application/signing-keys/signer.js';
import { Snapshots } from '#application/snapshots.js';
import { type StreamKind, Streams } from '#application/streams.js';
import { SurroundingsReader } from '#application/surroundings.js';
import { Turns } from '#application/turns.js';
import { userStreamOf } from '#application/user/user-stream.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';

/** About a kilobyte each: what is in use of a large installation, in some hundred megabytes. */
const accountsAtHandMax = 200_000;
const organizationsAtHandMax = 20_000;
/** Names are asked for when somebody logs in by one, is added or renamed: what is not at hand takes one read. */
const loginNamesAtHandMax = 10_000;
/** Half a kilobyte each: as many as are in use at the same time. */
const sessionsAtHandMax = 200_000;

export class Application {
  readonly parts: Parts;
  readonly accounts;
  readonly organizations;
  readonly instance;
  readonly loginNames;
  readonly sessions;
  readonly surroundings: SurroundingsReader;
  readonly signer: Signer;
  readonly quotas: Quotas;
  /** Of whatever may leave the instance without an owner. */
  readonly ownersTurns = new Turns();
  /** Of what operators order: each is looked at when the one before it is done. */
  readonly ordersTurns = new Turns();

  constructor(parts: Parts) {
    this.parts = parts;
    const usedKeys = new UsedKeys();
    this.quotas = new Quotas({
      onReached: (organizationId, reached) => void noteReached(this, organizationId, reached),
    });
    const gate = accountGate(this);
    this.accounts = room({ ...parts, usedKeys, gate }, accountKind, accountsAtHandMax);
    this.organizations = room({ ...parts, usedKeys }, organizationKind, organizationsAtHandMax);
    this.instance = room({ ...parts, usedKeys }, instanceKind, 2);
    this.loginNames = room({ ...parts, usedKeys }, loginNameKind, loginNamesAtHandMax);
    this.sessions = room({ ...parts, usedKeys }, sessionKind, sessionsAtHandMax);
    this.surroundings = new SurroundingsReader({
      organizations: this.organizations.streams,
      instance: this.instance.streams,
      streamOf: (id) => this.organizationStream(id),
    });
    this.signer = new Signer(this);
  }

  userStream(id: UserId): string {
    return userStreamOf({ user: this.parts.secrets.names.streamId(id) });
  }

  organizationStream(id: OrganizationId): string {
    return `organization-${this.parts.secrets.names.streamId(id)}`;
  }

  /** An id that is none of ours is the id of no session. */
  sessionStream(id: SessionId): string {
    return `session-${this.parts.secrets.names.streamId(id)}`;
  }
}

function room<State, Event>(
  parts: Parts & { readonly usedKeys: UsedKeys; readonly gate?: Gate<State, Event> },
  kind: StreamKind<State, Event>,
  entriesMax: number,
) {
  const { log, logIdentity, clock, soleWriter, secrets, snapshots, onTrouble, usedKeys, gate } = parts;
  const streams = new Streams({
    log,
    kind,
    entriesMax,
    soleWriter,
    snapshots:
      snapshots === null ? null : new Snapshots<State>({ store: snapshots, log: logIdentity, onTrouble }),
  });
  const { newId } = secrets;
  return { streams, commands: new Executor({ log, streams, kind, newId, clock, usedKeys, gate }) };
}
