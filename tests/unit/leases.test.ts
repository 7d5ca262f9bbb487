/** Faults as leases, over breakers that only note what they are told. */
import assert from 'node:assert/strict';
import { until } from '../../adapters/waiting.ts';
import { faultNames, type FaultName } from '../../domain/faults.ts';
import { NotSwitchable } from '../../domain/supervisor.ts';
import type { Breaker, Switches } from '../../tools/platform/faults/breaker.ts';
import { openLeases, type Leases } from '../../tools/platform/faults/leases.ts';

const nothing = async () => {};

/** A promise, and what resolves and rejects it. */
function awaited(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let [resolve, reject]: [() => void, (error: Error) => void] = [() => {}, () => {}];
  const promise = new Promise<void>((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

describe('The leases of faults', () => {
  let noted: string[];
  let said: string[];
  let leases: Leases;
  beforeEach(() => {
    noted = [];
    said = [];
  });
  afterEach(() => leases.stop());

  function open(changes: Partial<Record<FaultName, Partial<Breaker> & { whyNot?: string }>> = {}): Leases {
    const switches = Object.fromEntries(
      faultNames.map((name) => {
        const { whyNot, ...breaker } = changes[name] ?? {};
        const noting =
          (what: string, more: () => Promise<void> = nothing) =>
          async () => {
            noted.push(`${what} ${name}`);
            await more();
          };
        const noted_: Breaker = {
          ...breaker,
          break: noting('break', breaker.break),
          heal: noting('heal', breaker.heal),
        };
        return [name, { breaker: noted_, whyNot: () => whyNot }];
      }),
    ) as Switches;
    leases = openLeases(switches, (line) => void said.push(line));
    return leases;
  }
  const stateOf = (name: FaultName) => leases.list().find((each) => each.name === name)!;
  const broken = () => leases.list().flatMap(({ name, healsAt }) => (healsAt === null ? [] : [name]));
  const untilNoted = (what: string) => until(`to note ${what}`, () => noted.includes(what), { everyMs: 5 });

  it('tell of each fault whether it is broken, by whom, and for how long', async () => {
    open();
    assert.deepEqual(
      leases.list().map(({ name }) => name),
      faultNames,
    );
    const well = { isHere: true, whyNot: null, healsAt: null, remainingMs: null, askedBy: null };
    assert.deepEqual(stateOf('mail-451'), { name: 'mail-451', ...well });
    const before = Date.now();
    const state = await leases.break('mail-451', { askedBy: 'terminal' });
    assert.equal(state.askedBy, 'terminal');
    assert.ok(Date.parse(state.healsAt!) >= before + 10_000);
    assert.ok(state.remainingMs! <= 10_000);
    await leases.heal('mail-451');
    assert.deepEqual(stateOf('mail-451'), { name: 'mail-451', ...well });
    assert.deepEqual(noted, ['break mail-451', 'heal mail-451']);
  });

  it('end by themselves', async () => {
    open();
    await leases.break('mail-451', { forMs: 20 });
    await untilNoted('heal mail-451');
    await until('it to be well', () => broken().length === 0);
  });

  it('begin anew where it is broken, without breaking it twice', async () => {
    open();
    await leases.break('mail-451', { forMs: 20, askedBy: 'page' });
    const state = await leases.break('mail-451', { forMs: 60_000 });
    assert.equal(state.askedBy, null);
    assert.ok(state.remainingMs! > 50_000);
    // Longer than the first lease: one that ends after it has ended by then.
    await leases.break('sms-503', { forMs: 40 });
    await untilNoted('heal sms-503');
    assert.deepEqual(broken(), ['mail-451']);
    assert.deepEqual(noted, ['break mail-451', 'break sms-503', 'heal sms-503']);
  });

  it('may be shortened', async () => {
    open();
    await leases.break('mail-451', { forMs: 60_000 });
    await leases.break('mail-451', { forMs: 10 });
    await untilNoted('heal mail-451');
  });

  it('break it once for two who ask at the same time, and answer both once it is broken', async () => {
    const gate = awaited();
    open({ 'mail-451': { break: () => gate.promise } });
    const both = [leases.break('mail-451', {}), leases.break('mail-451', {})];
    let answered = 0;
    for (const one of both) void one.then(() => (answered += 1));
    await untilNoted('break mail-451');
    assert.equal(answered, 0);
    gate.resolve();
    await Promise.all(both);
    assert.deepEqual(noted, ['break mail-451']);
  });

  it('exclude each other where they end the same process, and no others', async () => {
    open();
    await leases.break('hold-api', {});
    await assert.rejects(leases.break('kill-api', {}), (error: Error) => {
      assert.ok(error instanceof NotSwitchable);
      assert.match(error.message, /^`hold-api` is on/);
      return true;
    });
    await leases.break('kill-accounts', {});
    await leases.break('mail-slow', {});
    await leases.break('mail-silent', {});
    await assert.rejects(leases.break('hold-mailbox', {}), NotSwitchable);
    await leases.break('hold-kafka', {});
    await assert.rejects(leases.break('reset-kafka', {}), NotSwitchable);
    await leases.break('crash-before-send', {});
    await leases.break('poison', {});
    await leases.heal('hold-api');
    await leases.break('kill-api', {});
  });

  it('exclude each other while one of them is still being broken', async () => {
    const gate = awaited();
    open({ 'hold-api': { break: () => gate.promise } });
    const first = leases.break('hold-api', {});
    await assert.rejects(leases.break('kill-api', {}), NotSwitchable);
    gate.resolve();
    await first;
  });

  it('wait for what is being healed', async () => {
    const gate = awaited();
    open({ 'hold-api': { heal: () => gate.promise } });
    await leases.break('hold-api', {});
    const healing = leases.heal('hold-api');
    await untilNoted('heal hold-api');
    assert.equal(stateOf('hold-api').remainingMs, 0);
    const again = leases.break('hold-api', {});
    const other = assert.rejects(leases.break('kill-api', {}), NotSwitchable);
    gate.resolve();
    await Promise.all([healing, again, other]);
    assert.deepEqual(noted, ['break hold-api', 'heal hold-api', 'break hold-api']);
  });

  it('heal everything, and do no harm where nothing is broken', async () => {
    open();
    await leases.heal();
    await leases.heal('mail-451');
    assert.deepEqual(noted, []);
    await leases.break('mail-451', {});
    await leases.break('hold-kafka', {});
    await leases.heal();
    assert.deepEqual(broken(), []);
    assert.deepEqual(noted.toSorted().slice(2), ['heal hold-kafka', 'heal mail-451']);
  });

  it('heal once what two want healed', async () => {
    open();
    await leases.break('mail-451', {});
    await Promise.all([leases.heal(), leases.heal('mail-451'), leases.heal()]);
    assert.deepEqual(noted, ['break mail-451', 'heal mail-451']);
  });

  it('heal what was not broken yet once it is', async () => {
    const gate = awaited();
    open({ 'mail-451': { break: () => gate.promise } });
    const breaking = leases.break('mail-451', {});
    await untilNoted('break mail-451');
    const healing = leases.heal();
    gate.resolve();
    await Promise.all([breaking, healing]);
    assert.deepEqual(noted, ['break mail-451', 'heal mail-451']);
    assert.deepEqual(broken(), []);
  });

  it('heal what could only be broken by half, and say why', async () => {
    const fail = async () => {
      throw new Error('it hangs');
    };
    open({ 'mail-451': { break: fail } });
    await assert.rejects(leases.break('mail-451', {}), /^PlatformError: mail-451 did not succeed: it hangs$/);
    assert.deepEqual(noted, ['break mail-451', 'heal mail-451']);
    assert.deepEqual(broken(), []);
  });

  it('go on healing what cannot be healed at first, and say so', async () => {
    let times = 0;
    const heal = async () => {
      times += 1;
      if (times < 3) throw new Error(`it hangs, ${times}`);
    };
    open({ 'mail-451': { heal } });
    await leases.break('mail-451', { forMs: 20 });
    await untilNoted('heal mail-451');
    await assert.rejects(leases.heal(), /mail-451 is not healed yet, and is tried again: it hangs, 1/);
    assert.equal(stateOf('mail-451').remainingMs, 0);
    await assert.rejects(leases.break('mail-451', {}), /not healed yet/);
    await until('it to be well', () => broken().length === 0);
    assert.equal(times, 3);
    assert.deepEqual(said, ['mail-451 is not healed yet, and is tried again: it hangs, 1']);
    await leases.break('mail-451', {});
  });

  it('end with what is well before its time', async () => {
    const gate = awaited();
    open({ 'kill-api': { untilWell: () => gate.promise } });
    await leases.break('kill-api', {});
    assert.deepEqual(broken(), ['kill-api']);
    gate.resolve();
    await until('it to be well', () => broken().length === 0);
  });

  it('stay until their time where it never gets well by itself', async () => {
    const gate = awaited();
    open({ 'kill-api': { untilWell: () => gate.promise } });
    await leases.break('kill-api', {});
    gate.reject(new Error('it was not ready within 60 s'));
    await gate.promise.catch(nothing);
    assert.deepEqual(broken(), ['kill-api']);
  });

  it('end whoever asks only after he has his answer', async () => {
    const gate = awaited();
    open();
    const { remainingMs } = await leases.break('hold-api', {}, gate.promise);
    assert.ok(remainingMs! > 5_000);
    assert.deepEqual(noted, []);
    gate.resolve();
    await untilNoted('break hold-api');
  });

  it('refuse what is not here, and say why', async () => {
    open({ 'hold-kafka': { whyNot: 'There is no Kafka here.' } });
    const { isHere, whyNot } = stateOf('hold-kafka');
    assert.deepEqual([isHere, whyNot], [false, 'There is no Kafka here.']);
    await assert.rejects(leases.break('hold-kafka', {}), (error: Error) => {
      assert.ok(error instanceof NotSwitchable);
      return error.message === 'There is no Kafka here.';
    });
    await leases.heal('hold-kafka');
    assert.deepEqual(noted, []);
  });

  it('end with the stack: nothing is held back from its end, or started again for it', async () => {
    open();
    await leases.break('mail-451', {});
    await leases.break('silence-postgres', {});
    await leases.break('hold-kafka', {});
    await leases.break('kill-tracker', {});
    await leases.stop();
    assert.deepEqual(noted.slice(4).toSorted(), ['heal mail-451', 'heal silence-postgres']);
    await assert.rejects(leases.break('mail-451', {}), NotSwitchable);
  });
});
