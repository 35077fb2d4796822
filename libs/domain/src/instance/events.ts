import type { Instant, UserId } from '#domain/ids.js';
import type { SettingName, Settings } from '#domain/organization/settings.js';
import type { SigningKeyEvent } from '#domain/signing-keys/events.js';

export type InstanceEvent =
  | { readonly type: 'instance.added'; readonly instanceId: string }
  | { readonly type: 'instance.settings.changed'; readonly changed: Partial<Settings> }
  | { readonly type: 'instance.settings.reset'; readonly names: readonly SettingName[] }
  | { readonly type: 'instance.member.added'; readonly userId: UserId; readonly roles: readonly string[] }
  | { readonly type: 'instance.member.changed'; readonly userId: UserId; readonly roles: readonly string[] }
  | { readonly type: 'instance.member.removed'; readonly userId: UserId }
  | SigningKeyEvent
  | OperatorOrder;

/** What an operator had done to rows and keys. Nothing is decided by it: it is there to be read. */
export type OperatorOrder =
  | { readonly type: 'instance.projection.paused'; readonly projection: string }
  | { readonly type: 'instance.projection.resumed'; readonly projection: string }
  | ({ readonly type: 'instance.projection.parked.retried' } & ParkedAt)
  | ({ readonly type: 'instance.projection.parked.skipped' } & ParkedAt)
  | {
      readonly type: 'instance.replay.started';
      readonly projection: string;
      readonly isDryRun: boolean;
      readonly side: string | null;
      readonly upToPosition: string | null;
      readonly upToTime: Instant | null;
      readonly onlyStream: string | null;
      readonly eventsPerSecondMax: number | null;
      readonly parks: boolean;
      readonly switchesAnyway: boolean;
    }
  | ({ readonly type: 'instance.replay.paused' } & OfBuild)
  | ({
      readonly type: 'instance.replay.resumed';
      /** Null: as it was. */
      readonly parks: boolean | null;
      readonly switchesAnyway: boolean | null;
    } & OfBuild)
  | ({ readonly type: 'instance.replay.cancelled' } & OfBuild)
  | ({ readonly type: 'instance.build.dropped' } & OfBuild)
  | { readonly type: 'instance.key.rotated'; readonly masterKey: string };

export const operatorOrders: Readonly<Record<OperatorOrder['type'], true>> = {
  'instance.projection.paused': true,
  'instance.projection.resumed': true,
  'instance.projection.parked.retried': true,
  'instance.projection.parked.skipped': true,
  'instance.replay.started': true,
  'instance.replay.paused': true,
  'instance.replay.resumed': true,
  'instance.replay.cancelled': true,
  'instance.build.dropped': true,
  'instance.key.rotated': true,
};

interface ParkedAt {
  readonly projection: string;
  readonly stream: string;
  readonly position: string;
}

interface OfBuild {
  readonly projection: string;
  readonly build: number;
}
