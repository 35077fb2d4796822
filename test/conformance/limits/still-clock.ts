// A built server whose clock can be made to stand, so that no bucket fills up while it is counted what it let through.

const preloaded = `
  const { now } = Date;
  let still = null;
  Date.now = () => still ?? now();
  process.on('SIGUSR2', () => {
    still = still === null ? now() : null;
    console.log(JSON.stringify({ message: still === null ? 'the clock goes on' : 'the clock stands' }));
  });
`;

/** Node's arguments; the server's clock then stands from SIGUSR2 on. */
export const stillClock: readonly string[] = [
  '--import',
  `data:text/javascript,${encodeURIComponent(preloaded)}`,
];
