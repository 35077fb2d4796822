// Cedar, loaded when the first policy is looked at: where nobody has one, nobody pays for it.

export type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

let loading: Promise<Cedar> | null = null;
let loaded: Cedar | null = null;

export function cedar(): Cedar | Promise<Cedar> {
  if (loaded !== null) return loaded;
  loading ??= load();
  return loading;
}

async function load(): Promise<Cedar> {
  loaded = await import('@cedar-policy/cedar-wasm/nodejs');
  return loaded;
}
