/** More callers at once than there are threads, and a mail provider that is slow or silent: who waits, and who is turned away. */
import { strict as assert } from 'node:assert';
import { stylesPlayedBy, traits, type Manner } from '../../domain/styles.ts';
import {
  beginScenario,
  endScenario,
  misbehaving,
  mailbox,
  purposesOf,
  send,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { itSideBySide } from '../side-by-side.ts';
import { ask, callersOf, wordOf, type Answered, type Caller } from '../calls/callers.ts';

const crowd = 200;
/** What `BLOCKING_THREADS` and `BLOCKING_QUEUE` are together, unless set. */
const letIn = 150;

const whatHappens: Record<Manner, string> = {
  blocking: 'some wait and are served, the others are turned away at once',
  reactive: 'all wait, and none is turned away',
};

/** How long a mail takes, unless it is let go before. A call may take 5 s. */
const hangMs: Record<Manner, number> = { blocking: 4000, reactive: 1000 };

describe(`${crowd} callers at once, while each mail takes its time`, function () {
  this.timeout(120_000);
  afterEach(() => endScenario('*'));

  for (const style of stylesPlayedBy('calls')) {
    const manner = traits[style].manner!;
    it(`of ${style}: ${whatHappens[manner]}`, async () => {
      const held = await misbehaving({ channel: 'email', to: '*', stage: 'data', hangMs: hangMs[manner] });
      const asking = callersOf(style, crowd).map(ask);
      if (manner === 'blocking') {
        // Somebody is turned away only while all who were let in are under way. Where nobody is, that is found below.
        const oneIsTurnedAway = asking.map(async (each) => assert.equal(wordOf(await each), 'exhausted'));
        await Promise.any(oneIsTurnedAway).catch(() => {});
        await held.end();
      }
      const answers = await Promise.all(asking);
      const [served, turnedAway, late] = ['201', 'exhausted', 'unfinished'].map((word) =>
        answers.filter((each) => wordOf(each) === word),
      ) as [Answered[], Answered[], Answered[]];
      assert.equal(served.length + turnedAway.length + late.length, crowd, 'there is no other answer');
      assert.ok(served.length > 0, 'some wait and are served');
      if (manner === 'reactive') assert.equal(turnedAway.length, 0);
      else assert.ok(turnedAway.length > 0 && turnedAway.length <= crowd - letIn, `${turnedAway.length}`);
      for (const { reply, id } of turnedAway) {
        assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '1']);
        assert.match(reply.body.detail!, /^all 50 threads stand still, and 100 callers wait for one/);
        const { status } = await send('GET', `/signups/${id}`);
        assert.equal(status, 404, `nothing is left of ${id}`);
      }

      await endScenario('*');
      await startSignup(uniqueRequest(style));
      const again = await Promise.all([...turnedAway, ...late].map(ask));
      assert.deepEqual(again.filter((each) => wordOf(each) !== '201').map(wordOf), [], 'it serves again');
      for (const { request } of [...served, ...again]) {
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
        assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
      }
    });
  }
});

describe('A caller while the mail provider is silent', function () {
  this.timeout(60_000);
  const it = itSideBySide();

  for (const style of stylesPlayedBy('calls')) {
    it(`of ${style}: is told in time to repeat, and is served then`, async () => {
      const [caller] = callersOf(style, 1) as [Caller];
      const { email } = caller.request;
      // Longer than a request waits for both of its attempts.
      await beginScenario({ channel: 'email', to: email, stage: 'data', hangMs: 12_000, times: 1 });
      const answered = await ask(caller);
      assert.deepEqual([answered.reply.status, wordOf(answered)], [503, 'unfinished']);
      assert.equal(answered.reply.headers.get('retry-after'), '2');
      const { notified } = await startSignup(caller.request, caller);
      assert.deepEqual(notified, { email: 'sent', sms: 'sent' });
      assert.deepEqual(purposesOf(await mailbox(email)), ['welcome'], 'one mail, of both requests');
    });
  }
});
