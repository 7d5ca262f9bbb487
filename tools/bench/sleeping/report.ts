/** The figures of sleepers as a person reads them. */
import { number, section } from '../report.ts';
import { ofOurs, ourProcesses, type Sleepers, type SleepingResults, type Target } from './figures.ts';

/** One number of sleepers as one line, while it is measured. */
export function sleepersLine({ style, signups, ...measured }: Sleepers): string {
  const { bytesEach, clickP50Ms, restartSeconds, memoryMb, idlePercent } = measured;
  const bytes = `${number(bytesEach.postgres, 0)} + ${number(bytesEach.temporal, 0)} bytes each`;
  return [
    `${style}, ${signups} asleep: ${bytes}`,
    `ours ${number(ofOurs(memoryMb), 0)} MB and ${number(ofOurs(idlePercent))} % of a core`,
    `a click ${number(clickP50Ms)} ms, a restart ${number(restartSeconds)} s`,
  ].join('; ');
}

/** All of it, and what came of each target. */
export function sleepingReport({ sleepers, wakeUp, targets }: Omit<SleepingResults, 'machine'>): string {
  const servers = ['postgres', 'rabbitmq', 'temporal'];
  const processes = [...ourProcesses, ...servers];
  const label = ({ style, signups }: Sleepers) => [style, String(signups)];
  return [
    section('Asleep', [
      [
        'style',
        'asleep',
        'B Postgres',
        'B Temporal',
        'click p50',
        'click p95',
        'CPU ms',
        'restart s',
        'asleep/s',
        'commits/s',
      ],
      ...sleepers.map((each) => [
        ...label(each),
        number(each.bytesEach.postgres, 0),
        number(each.bytesEach.temporal, 0),
        number(each.clickP50Ms),
        number(each.clickP95Ms),
        number(each.clickCpuMs),
        number(each.restartSeconds),
        number(each.fallAsleepPerSecond, 0),
        number(each.idleCommitsPerSecond),
      ]),
    ]),
    section('Memory in MB, at rest and after a garbage collection of ours', [
      ['style', 'asleep', 'ours', ...processes],
      ...sleepers.map((each) => [
        ...label(each),
        number(ofOurs(each.memoryMb), 0),
        ...processes.map((name) => number(each.memoryMb[name] ?? NaN, 0)),
      ]),
    ]),
    section('Percent of one core, while nothing happens', [
      ['style', 'asleep', 'ours', ...processes],
      ...sleepers.map((each) => [
        ...label(each),
        number(ofOurs(each.idlePercent)),
        ...processes.map((name) => number(each.idlePercent[name] ?? NaN)),
      ]),
    ]),
    section('All first reminders due at the same moment', [
      ['style', 'mails', 'seconds', 'mails/s', 'lost', 'twice'],
      ...Object.values(wakeUp)
        .flat()
        .map(({ style, mails, seconds, mailsPerSecond, lost, twice }) => [
          style,
          String(mails),
          number(seconds),
          number(mailsPerSecond),
          String(lost),
          String(twice),
        ]),
    ]),
    'Targets',
    ...targets.map(targetLine),
  ].join('\n');
}

function targetLine({ what, wanted, measured, met }: Target): string {
  return `${met ? 'met   ' : 'missed'}  ${what}: ${number(measured, 2)} (${wanted})`;
}
