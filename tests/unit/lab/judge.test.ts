import { strict as assert } from 'node:assert';
import { skippedBecause } from '../../../domain/history.ts';
import type { Verdict } from '../../../tools/lab/figures.ts';
import { judge } from '../../../tools/lab/judge.ts';
import { sound, soundOf } from './evidence.ts';
import { entry, mutations } from './mutations.ts';

const counts = ({ lost, stuck, inconsistent, duplicates }: Verdict) => ({
  lost: lost.length,
  stuck: stuck.length,
  inconsistent: inconsistent.length,
  duplicates: duplicates.length,
});
const nothing = { lost: 0, stuck: 0, inconsistent: 0, duplicates: 0 };

describe('the judge of the failure lab', () => {
  for (const { words, evidence } of sound) {
    it(`acquits a signup that went well: ${words}`, () => {
      assert.deepEqual(counts(judge(evidence)), nothing);
    });
  }

  for (const { what, kind, of } of mutations) {
    it(`finds that ${what}: ${kind}`, () => {
      const changed = sound.flatMap(({ words, evidence }) => of(evidence).map((each) => ({ words, each })));
      assert.ok(changed.length > 0, 'no signup knows this');
      const acquitted = changed.filter(({ each }) => judge(each)[kind].length === 0);
      assert.deepEqual(
        acquitted.map(({ words, each }) => ({ words, each })),
        [],
      );
    });
  }

  it('counts a message once for each time that was too much, and finds nothing else', () => {
    for (const { evidence } of sound) {
      for (const one of evidence.arrived) {
        const verdict = judge({ ...evidence, arrived: [...evidence.arrived, { ...one }, { ...one }] });
        assert.deepEqual(counts(verdict), { ...nothing, duplicates: 2 });
        assert.deepEqual(new Set(verdict.duplicates), new Set([`${one.purpose} ${one.channel}`]));
      }
    }
  });

  it('names a message that did not arrive, and no other', () => {
    const evidence = soundOf('choreography', 'expire');
    for (const one of evidence.arrived) {
      const { lost } = judge({ ...evidence, arrived: evidence.arrived.filter((each) => each !== one) });
      assert.deepEqual(lost, [`${one.purpose} ${one.channel} did not arrive`]);
    }
  });

  it('asks of an SMS that was given up only that it did not arrive twice: its answer may have been lost', () => {
    const evidence = soundOf('synchronous-reactive', 'click');
    const signup = { ...evidence.signup!, notified: { email: 'sent', sms: 'failed' } as const };
    assert.deepEqual(counts(judge({ ...evidence, signup })), nothing);
  });

  it('judges a signup that is there although it was not accepted as one that was', () => {
    for (const { evidence } of sound.filter((each) => each.evidence.signup)) {
      assert.deepEqual(counts(judge({ ...evidence, accepted: false })), nothing);
    }
  });

  it('finds whatever is left of a request that was refused', () => {
    const refused = soundOf('choreography', 'taken');
    const { account, arrived } = soundOf('choreography', 'wait');
    assert.equal(judge({ ...refused, account }).inconsistent.length, 1);
    assert.equal(judge({ ...refused, arrived }).inconsistent.length, arrived.length);
  });

  it('does not miss a welcome that the history says was left out, of one that has ended', () => {
    const evidence = soundOf('orchestration', 'click');
    const withoutSms = {
      ...evidence,
      arrived: evidence.arrived.filter(({ channel }) => channel === 'email'),
      signup: { ...evidence.signup!, notified: { email: null, sms: null } },
    };
    assert.equal(judge(withoutSms).lost.length, 1);
    const history = [entry('skipped', skippedBecause.superseded)];
    assert.deepEqual(counts(judge({ ...withoutSms, history })), nothing);
    const waiting = { ...soundOf('orchestration', 'wait'), arrived: withoutSms.arrived, history };
    assert.ok(judge(waiting).lost.includes('welcome sms did not arrive'));
  });

  it('does not count messages of another signup', () => {
    for (const { evidence } of sound) {
      const others = evidence.arrived.map((message) => ({ ...message, signupId: 'another' }));
      assert.deepEqual(counts(judge({ ...evidence, arrived: [...evidence.arrived, ...others] })), nothing);
    }
  });
});
