// Threads load the same form of the code as the one that starts them: sources in tests and scripts,
// where the `development` condition leads to them, and compiled files in the service.

const fromSources = import.meta.url.endsWith('.ts');

export function threadUrl(name: 'reader' | 'writer'): URL {
  return new URL(`./${name}${fromSources ? '.ts' : '.js'}`, import.meta.url);
}

export const threadOptions = {
  execArgv: fromSources ? ['--conditions=development', '--no-warnings'] : [],
  // The service's settings are not the thread's business.
  env: {},
};
