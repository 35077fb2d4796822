// Whatever comes as a detail of a refusal.

import { createRegistry, type Registry } from '@bufbuild/protobuf';

import { file_countersign_v1_refusal } from '#contract/countersign/v1/refusal_pb.js';
import { file_google_rpc_error_details } from '#contract/google/rpc/error_details_pb.js';
import { file_zitadel_message } from '#contract/zitadel/message_pb.js';

export const detailTypes: Registry = createRegistry(
  file_countersign_v1_refusal,
  file_google_rpc_error_details,
  file_zitadel_message,
);
