/**
 * What must come of signups, whoever coordinates them: a pure model of the process, which is given an action and says how all
 * signups are afterwards. It knows neither events nor workflows. Its time is whole hours, so no action may end where something is
 * due: the seconds in between belong to the machine.
 *
 * Two things it leaves open. A welcome that is still under way when its customer clicks, or is to be tried again by a service that is
 * down at that moment, may be left behind or not (`perhaps`). And where the notifications service is killed, or the answer of the
 * provider lost, between sending and recording, the mail may come once more: each such mishap allows one duplicate (`extra`).
 */
import { reminders, verifyWithinMs, type Purpose } from '../../domain/process.ts';

export type Service = 'accounts' | 'notifications';

/** What goes wrong while an action is carried out: a process is killed and comes back, the answer to the next mail is lost. */
export type Mishap = { what: `${Service} killed` | 'answer lost'; afterMs: number };

/** What can be done. Signups and addresses are counted from 0; `killed` is dead until `restart`. */
export type Action =
  | { do: 'start'; address: number; mishap?: Mishap | undefined }
  | { do: 'click'; signup: number; mishap?: Mishap | undefined }
  | { do: 'fast-forward'; signup: number; hours: number; mishap?: Mishap | undefined }
  | { do: 'resume'; signup: number }
  | { do: 'kill'; service: Service }
  | { do: 'restart'; service: Service }
  | { do: 'mail down' }
  | { do: 'mail up' };

/** A mail that was called for. `retrying`: the provider said no at least once, and there are attempts left. */
export type Mail = 'under way' | 'retrying' | 'parked' | 'sent' | 'skipped' | 'perhaps';

export type ModelSignup = {
  address: number;
  /** Asked for while the accounts service was down: who it was refused to, or opened for, may be known later. */
  isOpening: boolean;
  outcome: 'activated' | 'expired' | 'refused' | null;
  /** Its own time, in hours since it was opened. */
  hours: number;
  mails: Partial<Record<Purpose, Mail>>;
  /** How many duplicates there may be, of all its mails together. */
  extra: number;
};

export type World = { signups: ModelSignup[]; down: Service[]; isMailUp: boolean };

export const beginning: World = { signups: [], down: [], isMailUp: true };

/** The world after an action, or undefined where the model cannot tell what would come of it. */
export function after(before: World, action: Action): World | undefined {
  const world = structuredClone(before);
  const { signups, down, isMailUp } = world;
  const signup = 'signup' in action ? signups[action.signup] : undefined;
  if ('signup' in action && !signup) return undefined;
  const mishap = 'mishap' in action ? action.mishap : undefined;
  if (mishap && (down.length > 0 || !isMailUp)) return undefined;
  const isDown = (service: Service) => down.includes(service);

  switch (action.do) {
    case 'start': {
      const { address } = action;
      const owners = signups.filter((other) => other.address === address && ownsAddress(other));
      // Two that are both not opened yet may be opened in either order.
      if (owners.some(({ isOpening }) => isOpening)) return undefined;
      const isOpening = isDown('accounts');
      const started: ModelSignup = { address, isOpening, outcome: null, hours: 0, mails: {}, extra: 0 };
      if (owners.length > 0) started.outcome = 'refused';
      else started.mails.welcome = 'under way';
      signups.push(started);
      if (mishap && !started.outcome) started.extra += duplicatesOf(mishap);
      return settled(world);
    }
    case 'click': {
      if (signup!.outcome !== null) return world;
      signup!.outcome = 'activated';
      const { welcome } = signup!.mails;
      // A service that comes back may try it again before it hears of the click.
      if (welcome === 'under way' || (welcome === 'retrying' && isDown('notifications')))
        signup!.mails.welcome = 'perhaps';
      signup!.mails.activated = 'under way';
      if (mishap) signup!.extra += duplicatesOf(mishap);
      return settled(world);
    }
    case 'fast-forward': {
      // Whether it has ended may not be known to all while somebody is down.
      if (signup!.outcome !== null) return down.length > 0 ? undefined : world;
      if (mishap) signup!.extra += duplicatesOf(mishap);
      // It takes everybody: who is down comes back while the clock is moved.
      world.down = [];
      return moved(settled(world), signup!, action.hours);
    }
    case 'resume': {
      if (down.length > 0 || !isMailUp) return undefined;
      resume(signup!);
      return world;
    }
    case 'kill': {
      if (isDown(action.service)) return undefined;
      // Unless somebody else was down, nothing is under way.
      if (action.service === 'notifications' && down.length > 0)
        for (const each of signups)
          each.extra += Object.values(each.mails).filter((mail) => /under way|perhaps/.test(mail)).length;
      down.push(action.service);
      return world;
    }
    case 'restart': {
      if (!isDown(action.service)) return undefined;
      world.down = down.filter((service) => service !== action.service);
      return settled(world);
    }
    case 'mail down':
    case 'mail up': {
      // What is under way while somebody is down may have left already.
      if (isMailUp === (action.do === 'mail up') || down.length > 0) return undefined;
      world.isMailUp = !isMailUp;
      return settled(world);
    }
  }
}

/** Everything mended and everything parked tried again: what must have come of it all. */
export function mended(before: World): World {
  const world = settled({ ...structuredClone(before), down: [], isMailUp: true });
  world.signups.forEach(resume);
  return world;
}

/** How `GET /signups/<id>` must show a signup once nothing of it is under way. */
export function shown({ outcome, mails }: ModelSignup) {
  const all = Object.entries(mails);
  return {
    outcome,
    reminders: all.filter(([purpose, mail]) => purpose.startsWith('reminder-') && mail === 'sent').length,
    parked: all.flatMap(([purpose, mail]) => (mail === 'parked' ? `sendEmail ${purpose}` : [])).toSorted(),
  };
}

/** Once nobody is down, what is under way arrives; or fails, and is tried again until the provider is back. */
function settled(world: World): World {
  if (world.down.length > 0) return world;
  for (const signup of world.signups) {
    signup.isOpening = false;
    for (const purpose of purposesOf(signup)) {
      const mail = signup.mails[purpose];
      if (mail === 'under way') signup.mails[purpose] = world.isMailUp ? 'sent' : 'retrying';
      if (mail === 'retrying' && world.isMailUp) signup.mails[purpose] = triedAgain(signup, purpose);
    }
  }
  return world;
}

/** Hours pass: what falls due happens; a provider that is down for so long costs each mail all its attempts. */
function moved(world: World, signup: ModelSignup, hours: number): World | undefined {
  const target = signup.hours + hours;
  const isDueBy = (afterMs: number) => afterMs / hourMs > signup.hours && afterMs / hourMs <= target;
  if ([...reminders.map(({ afterMs }) => afterMs), verifyWithinMs].some((due) => due / hourMs === target))
    return undefined;
  for (const purpose of purposesOf(signup))
    if (signup.mails[purpose] === 'retrying') signup.mails[purpose] = 'parked';
  const mail = world.isMailUp ? 'sent' : 'parked';
  for (const { purpose, afterMs } of reminders) if (isDueBy(afterMs)) signup.mails[purpose] = mail;
  if (isDueBy(verifyWithinMs)) {
    signup.outcome = 'expired';
    signup.mails.expired = mail;
  }
  signup.hours = target;
  return world;
}

/** Tries again what is parked of a signup, with the provider up. */
function resume(signup: ModelSignup): void {
  for (const purpose of purposesOf(signup))
    if (signup.mails[purpose] === 'parked') signup.mails[purpose] = triedAgain(signup, purpose);
}

/** A welcome or a reminder that comes after the end is left behind. */
function triedAgain({ outcome }: ModelSignup, purpose: Purpose): Mail {
  return outcome === null || purpose === outcome ? 'sent' : 'skipped';
}

function ownsAddress({ outcome }: ModelSignup): boolean {
  return outcome === null || outcome === 'activated';
}

function duplicatesOf(mishap: Mishap): number {
  return mishap.what === 'accounts killed' ? 0 : 1;
}

function purposesOf({ mails }: ModelSignup): Purpose[] {
  return Object.keys(mails) as Purpose[];
}

const hourMs = 3_600_000;
