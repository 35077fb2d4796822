// The arrows of the house, as an allow-list: what is not named here is a violation. There is no
// exemption for a file; where an arrow is missing, it is added here with its reason, or the code moves.

/** What exists for tests only. It may look at everything except test/, and nothing shipped looks at it. */
const testCode = String.raw`(\.spec\.ts$|^libs/[^/]+/src/(contract|testing)/)`;

const lib = (name) => `^libs/${name}/`;
const npm = (...names) => `^node_modules/(@types/)?(${names.join('|')})/`;
/** What other rooms may see of the event log: the port, its errors and limits. No engine, not the reference. */
const port = '^libs/event-log/src/(event-log|errors|limits|log-with)\\.ts$';
const builtin = (names = '.*') => `^(node:)?${names}$`;

/** room → arrows out of it. Within itself every room is free. */
const rooms = [
  {
    from: lib('domain'),
    why: 'Pure: decide and evolve need nothing but their arguments, so that any engine and any test can run them.',
    to: [],
  },
  {
    from: lib('contract'),
    why: 'Generated from proto/; it needs the runtime of its generator and nothing of ours.',
    to: [npm('@bufbuild/protobuf')],
  },
  {
    from: lib('event-log'),
    why: 'The port is what everything stands on; it stands on Node alone.',
    to: [],
    builtins: builtin(),
  },
  {
    from: lib('event-log-sqlite'),
    why: 'An engine knows the port and its one driver.',
    to: [lib('event-log'), npm('better-sqlite3')],
    builtins: builtin(),
  },
  {
    from: lib('event-log-eventstoredb'),
    why: 'An engine knows the port and its one driver, here with the gRPC that the driver speaks.',
    to: [lib('event-log'), npm('@eventstore/db-client', '@grpc/grpc-js')],
    builtins: builtin(),
  },
  {
    from: lib('event-catalog'),
    why: 'The persisted shape of each event of the domain, and nothing of where it is kept.',
    to: [lib('domain')],
  },
  {
    from: lib('secrets'),
    why: 'Sealing, codes and hashes: the one room with the libraries that handle them.',
    to: [npm('otplib', '@otplib/.*', 'qrcode', '@node-rs/argon2', '@node-rs/bcrypt', 'jose')],
    typesOnly: [lib('domain')],
    builtins: builtin('(crypto|os|worker_threads)'),
  },
  {
    from: lib('key-store-sqlite'),
    why: 'Keeps data keys, wrapped, in a file of their own: knows the port that secrets ask of it, and its one driver.',
    to: [npm('better-sqlite3')],
    typesOnly: [lib('secrets')],
    builtins: builtin(),
  },
  {
    from: lib('key-store-postgres'),
    why: 'Keeps data keys, wrapped, in a schema of their own: knows the port that secrets ask of it, and its one driver.',
    to: [npm('pg')],
    typesOnly: [lib('secrets')],
    builtins: builtin('crypto'),
  },
  {
    from: lib('application'),
    why: 'Load, decide, append: knows the domain and the port; what secrets do for it comes in as functions.',
    to: [lib('domain'), lib('event-catalog'), port, npm('@nestjs/cqrs', '@nestjs/common', 'class-validator')],
    typesOnly: [lib('secrets')],
  },
  {
    from: lib('snapshot-files'),
    why: 'Keeps what the application folded, as files; it knows what it is asked for and nothing of what it means.',
    to: [],
    typesOnly: [lib('application')],
    builtins: builtin(),
  },
  {
    from: lib('read-models'),
    why: 'Rows from events: knows the drivers of its stores, reckons what is left of guesses by the domain, and decides nothing.',
    to: [lib('domain'), lib('event-catalog'), port, npm('kysely', 'better-sqlite3', 'pg')],
    builtins: builtin(),
  },
  {
    from: lib('delivery-hook'),
    why: 'Tells the outside what the log says of users: reads it by the port and the catalogue, judges by the domain, and is handed what opens.',
    to: [lib('domain'), lib('event-catalog'), port, npm('pg')],
    builtins: builtin(),
  },
  {
    from: lib('telemetry'),
    why: 'What is counted, timed and traced, whatever it is of: stands on Node alone, and no room but apps/ knows it.',
    to: [],
    builtins: builtin(),
  },
  {
    from: lib('access'),
    why: 'Who may do what and how fast, folded from streams and from policies, and counted here or in PostgreSQL.',
    to: [lib('domain'), lib('event-catalog'), port, npm('@cedar-policy/.*', 'pg')],
  },
  {
    from: lib('transport'),
    why: 'Decodes a call, runs a command or a query, encodes the answer; never reaches the log behind them.',
    to: [lib('contract'), lib('application'), lib('read-models'), lib('access'), '^node_modules/'],
    typesOnly: [lib('domain')],
    builtins: builtin(),
  },
  {
    from: '^apps/',
    why: 'The only place that wires: names the engines and opens them.',
    to: ['^apps/', '^libs/', '^node_modules/'],
    builtins: builtin(),
  },
  {
    from: '^tools/',
    why: 'What is run by hand: builds, checks, generates.',
    to: ['^apps/', '^libs/', '^node_modules/'],
    builtins: builtin(),
  },
];

function arrowsOf({ from, why, to, typesOnly = [], builtins }) {
  const source = { path: from, pathNot: testCode };
  return [
    { comment: why, from: source, to: { path: from, pathNot: testCode } },
    ...to.map((path) => ({ comment: why, from: source, to: { path, pathNot: testCode } })),
    ...typesOnly.map((path) => ({
      comment: `${why} (types only)`,
      from: source,
      to: { path, pathNot: testCode, dependencyTypes: ['type-only'] },
    })),
    ...(builtins === undefined
      ? []
      : [{ comment: why, from: source, to: { path: builtins, dependencyTypes: ['core'] } }]),
  ];
}

/** One driver, one room: exchanging it then touches that room alone. */
const drivers = [
  { driver: npm('@eventstore/db-client'), only: lib('event-log-eventstoredb') },
  {
    driver: npm('better-sqlite3'),
    only: `(${lib('event-log-sqlite')}|${lib('key-store-sqlite')}|^libs/read-models/src/stores/sqlite)`,
  },
  {
    driver: npm('pg'),
    only: `(${lib('key-store-postgres')}|^libs/read-models/src/stores/postgres|^libs/delivery-hook/src/progress-in-postgres|^libs/access/src/shared-)`,
  },
  {
    driver: npm('otplib', '@otplib/.*', 'qrcode', '@node-rs/argon2', '@node-rs/bcrypt', 'jose'),
    only: lib('secrets'),
  },
  { driver: npm('@cedar-policy/cedar-wasm'), only: '^libs/access/src/policies/' },
];

module.exports = {
  allowedSeverity: 'error',
  allowed: [
    ...rooms.flatMap(arrowsOf),
    {
      comment:
        'A test may look at everything; a test beside its subject not at whole-system tests, so that a room can be tested alone.',
      from: { path: testCode },
      to: { pathNot: '^test/' },
    },
    { comment: 'Whole-system tests may look at everything.', from: { path: '^test/' }, to: {} },
  ],
  forbidden: [
    {
      name: 'an-import-resolves',
      comment: 'An edge that cannot be followed cannot be judged.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      comment:
        'Two files that need each other to run are one file, or a third one is missing. Types may mention each other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-dialect-knows-another',
      comment: 'Each dialect can be read, changed and removed by itself.',
      severity: 'error',
      from: { path: '^libs/transport/src/dialects/([^/]+)/' },
      to: { path: '^libs/transport/src/dialects/', pathNot: '^libs/transport/src/dialects/$1/' },
    },
    {
      name: 'nest-stays-at-the-edge',
      comment: 'What decides, keeps and seals must run, and be tested, without a framework.',
      severity: 'error',
      from: { path: '^libs/(domain|event-log[^/]*|event-catalog|secrets|key-store-[^/]+)/' },
      to: { path: npm('@nestjs/.*') },
    },
    ...drivers.map(({ driver, only }) => ({
      name: 'one-driver-one-room',
      comment: `Only ${only} knows ${driver}.`,
      severity: 'error',
      from: { path: '^(apps|libs|tools)/', pathNot: [only, testCode] },
      to: { path: driver },
    })),
  ],
  options: {
    doNotFollow: { path: '^node_modules/' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['development', 'node', 'import', 'require', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
