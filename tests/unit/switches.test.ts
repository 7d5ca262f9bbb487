/** Which faults a stack has, told by what runs in it. */
import assert from 'node:assert/strict';
import { faultNames, faults } from '../../domain/faults.ts';
import { switchesOf, whyForbidden, type StackToBreak } from '../../tools/platform/faults/switches.ts';
import type { Supervised } from '../../tools/platform/process-spec.ts';
import { PlatformError } from '../../tools/platform/error.ts';

const nothing = async () => {};

/** A stack in which these run; its mailbox takes mail and SMS. */
function stackOf(running: readonly string[], changes: Partial<StackToBreak> = {}): StackToBreak {
  return {
    roster: {
      has: (name) => running.includes(name),
      named(name) {
        throw new PlatformError(`This stack did not start \`${name}\`.`);
      },
    },
    started: { kafka: undefined, mailbox: undefined },
    environment: {},
    forbidden: undefined,
    breakers: {},
    ...changes,
  };
}

const everything = [...new Set(faultNames.map((name) => faults[name].touches ?? 'mailbox'))];

describe('The switches of a stack', () => {
  it('are all here where everything was started and a stage has added the rest', () => {
    const breaker = { break: nothing, heal: nothing };
    const breakers = Object.fromEntries(faultNames.map((name) => [name, breaker]));
    const switches = switchesOf(stackOf(everything, { breakers }));
    for (const name of faultNames) {
      assert.equal(switches[name].whyNot(), undefined, name);
      assert.equal(switches[name].breaker, breaker, name);
    }
  });

  it('say of what only a stage has how one is started', () => {
    const switches = switchesOf(stackOf(everything));
    for (const name of faultNames) {
      const why = switches[name].whyNot();
      if (faults[name].onStageOnly) assert.match(why ?? '', /`npm run stage`/, name);
      else assert.equal(why, undefined, name);
    }
  });

  it('say of a part that is not here, or still to come, that it is so, also where a stage has added one', () => {
    const breaker = { break: nothing, heal: nothing };
    const breakers = { 'reset-kafka': breaker, poison: breaker };
    const none = switchesOf(stackOf([], { breakers }));
    assert.match(none['hold-kafka'].whyNot() ?? '', /no Kafka here/);
    assert.match(none['reset-kafka'].whyNot() ?? '', /no Kafka here/);
    assert.equal(none.poison.whyNot(), undefined, 'there is enough else to poison');
    assert.match(none['hold-postgres'].whyNot() ?? '', /DATABASE_URL/);
    assert.match(none['hold-api'].whyNot() ?? '', /did not start `api`/);

    const running: string[] = [];
    let answers = false;
    const hasStarted = () => answers;
    const kafka = { brokers: '127.0.0.1:9092', port: 9092, embedded: true, start: () => {}, hasStarted };
    const coming = switchesOf(stackOf(running, { started: { kafka, mailbox: undefined }, breakers }));
    assert.match(coming.poison.whyNot() ?? '', /still being started/);
    assert.match(coming['hold-kafka'].whyNot() ?? '', /still being started/);
    running.push('kafka');
    assert.match(
      coming['hold-kafka'].whyNot() ?? '',
      /still being started/,
      'it runs, and does not answer yet',
    );
    answers = true;
    assert.equal(coming['hold-kafka'].whyNot(), undefined, 'it is asked each time');
  });

  it('have what was killed heal once it is back, and not before', async () => {
    let isBack = () => {};
    const back = new Promise<void>((resolve) => (isBack = resolve));
    const roster = { has: () => true, named: () => ({ untilReady: () => back }) as unknown as Supervised };
    const { breaker } = switchesOf(stackOf([], { roster }))['kill-accounts'];
    let isHealed = false;
    const healed = breaker.heal().then(() => (isHealed = true));
    await Promise.race([healed, new Promise((resolve) => setImmediate(resolve))]);
    assert.equal(isHealed, false);
    isBack();
    await healed;
  });

  it('say which provider mail and SMS leave through', () => {
    const environment = { SMTP_URL: 'smtp://mail.example:25' };
    const switches = switchesOf(stackOf(everything, { environment }));
    assert.match(switches['mail-slow'].whyNot() ?? '', /SMTP_URL/);
    assert.equal(switches['sms-503'].whyNot(), undefined);
  });

  it('are all off where that is forbidden', () => {
    const switches = switchesOf(stackOf(everything, { forbidden: 'No.' }));
    for (const name of faultNames) assert.equal(switches[name].whyNot(), 'No.', name);
  });

  it('are forbidden where the API listens for other machines', () => {
    for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost'])
      assert.equal(whyForbidden(host), undefined, host);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '2001:db8::1', 'duet.example', 'localhost.example'])
      assert.match(whyForbidden(host) ?? '', /`npm start -- --faults`/, host);
  });
});
