// Every command, in the order of the help.

import type { Command } from '#cli/command.js';
import { backup } from '#cli/commands/backup.js';
import { completionOver } from '#cli/commands/completion.js';
import { doctor } from '#cli/commands/doctor.js';
import { eventsExport } from '#cli/commands/events-export.js';
import { eventsImport } from '#cli/commands/events-import.js';
import { eventsList } from '#cli/commands/events-list.js';
import { eventsShow } from '#cli/commands/events-show.js';
import { eventsTail } from '#cli/commands/events-tail.js';
import { eventsVerify } from '#cli/commands/events-verify.js';
import { keysRotate } from '#cli/commands/keys-rotate.js';
import { keysRotateSigning } from '#cli/commands/keys-rotate-signing.js';
import { keysStatus } from '#cli/commands/keys-status.js';
import { policiesExplain } from '#cli/commands/policies-explain.js';
import { policiesList } from '#cli/commands/policies-list.js';
import { policiesRemove } from '#cli/commands/policies-remove.js';
import { policiesSet } from '#cli/commands/policies-set.js';
import { projectionsCancel } from '#cli/commands/projections-cancel.js';
import { projectionsDrop } from '#cli/commands/projections-drop.js';
import { projectionsList } from '#cli/commands/projections-list.js';
import { projectionsParked } from '#cli/commands/projections-parked.js';
import { projectionsPause } from '#cli/commands/projections-pause.js';
import { replayCommands } from '#cli/commands/projections-replay.js';
import { projectionsResume } from '#cli/commands/projections-resume.js';
import { projectionsRetry } from '#cli/commands/projections-retry.js';
import { projectionsShow } from '#cli/commands/projections-show.js';
import { projectionsSkip } from '#cli/commands/projections-skip.js';
import { projectionsWatch } from '#cli/commands/projections-watch.js';
import { quotasShow } from '#cli/commands/quotas-show.js';
import { restore } from '#cli/commands/restore.js';
import { sessionsEnd } from '#cli/commands/sessions-end.js';
import { sessionsList } from '#cli/commands/sessions-list.js';
import { settingsSet } from '#cli/commands/settings-set.js';
import { settingsShow } from '#cli/commands/settings-show.js';
import { status } from '#cli/commands/status.js';
import { tokensAdd } from '#cli/commands/tokens-add.js';
import { tokensRemove } from '#cli/commands/tokens-remove.js';
import { usersErase } from '#cli/commands/users-erase.js';
import { usersImport } from '#cli/commands/users-import.js';
import { usersResetFactors } from '#cli/commands/users-reset-factors.js';
import { usersSetPassword } from '#cli/commands/users-set-password.js';
import { usersShow } from '#cli/commands/users-show.js';
import { usersUnlock } from '#cli/commands/users-unlock.js';

export const commands: readonly Command[] = [
  status,
  doctor,
  eventsList,
  eventsTail,
  eventsShow,
  eventsVerify,
  eventsExport,
  eventsImport,
  projectionsList,
  projectionsShow,
  ...replayCommands,
  projectionsWatch,
  projectionsPause,
  projectionsResume,
  projectionsCancel,
  projectionsDrop,
  projectionsParked,
  projectionsRetry,
  projectionsSkip,
  backup,
  restore,
  keysStatus,
  keysRotate,
  keysRotateSigning,
  usersShow,
  usersUnlock,
  usersSetPassword,
  usersResetFactors,
  usersErase,
  usersImport,
  sessionsList,
  sessionsEnd,
  tokensAdd,
  tokensRemove,
  settingsShow,
  settingsSet,
  policiesList,
  policiesSet,
  policiesRemove,
  policiesExplain,
  quotasShow,
  completionOver(() => commands),
];
