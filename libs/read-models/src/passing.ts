// Places at which a process may be killed, by number: specs kill it at each of them. Nobody listens in a service, and
// then passing one costs nothing.

import { channel } from 'node:diagnostics_channel';

export const places = [
  'begin: before its file is made',
  'begin: before it is known',
  'begin: after it is known',
  'batch: before it is written',
  'batch: before its end',
  'batch: after its end',
  'indexes: before the first',
  'indexes: between two',
  'indexes: before they count',
  'indexes: after they count',
  'comparing: before',
  'comparing: between two tables',
  'comparing: after',
  'switch: before',
  'switch: before its end',
  'switch: after its end',
  'drop: before it is forgotten',
  'drop: before its file goes',
  'drop: after its file is gone',
  'note: before',
  'runner: before it goes on with another build',
  'runner: after it went on with another build',
] as const;

export type PassedPlace = (typeof places)[number];

const passed = channel('countersign.read-models.passing');

export function pass(place: PassedPlace): void {
  if (passed.hasSubscribers) passed.publish(place);
}
