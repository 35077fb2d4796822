// What a script may rely on. The texts are for people, and change.

export const exitCodes = {
  done: 0,
  notInOrder: 1,
  usage: 2,
  notNow: 3,
  refused: 4,
  failed: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings = {
  done: 'It was done, or what was looked at is in order.',
  notInOrder:
    'What was looked at is not in order: a log that is damaged, a finding of the doctor, a replay that failed.',
  usage: 'The command was not understood. Nothing was done.',
  notNow:
    'It cannot be done as things are: a service runs or does not run, a directory is missing or not empty, a setting is wrong.',
  refused: 'The service refused it by its rules: there is no such user, the caller may not.',
  failed: 'The outside failed: a disk, a connection. It may help to try again.',
  bug: 'A bug of the command line.',
  interrupted: 'Ctrl-C while a replay was watched. It goes on in the service, or is paused where none runs.',
} as const satisfies Record<keyof typeof exitCodes, string>;
