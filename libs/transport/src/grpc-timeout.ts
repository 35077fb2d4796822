// `grpc-timeout`, which gRPC and gRPC-Web have in common: up to eight digits and a unit.

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Null where it makes no sense. */
export function grpcTimeoutMs(text: string): number | null {
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return amount === undefined || unit === undefined ? null : Number(amount) * (unitMs[unit] ?? 0);
}
