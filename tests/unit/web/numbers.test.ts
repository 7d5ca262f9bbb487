/** What the numbers of a lane say, and what they say where there is none. */
import { strict as assert } from 'node:assert';
import { noCrowd } from '../../../domain/crowd.ts';
import type { Style } from '../../../domain/signup.ts';
import { forEachStyle } from '../../../domain/styles.ts';
import { h } from '../../../web/components/h.ts';
import { render } from '../../../web/components/render.ts';
import { LaneNumbers, Numbers, timesOf } from '../../../web/panels/numbers.ts';
import { lasting } from '../../../web/panels/words.ts';
import { createStore } from '../../../web/state.ts';

const at = '2026-01-01T00:00:00.000Z';
const nowMs = Date.parse(at);

const emptyReport = {
  isHere: true,
  whyNot: null,
  counts: null,
  notified: null,
  retrying: null,
  parked: null,
  unsent: null,
  oldestUnsentMs: null,
  depth: null,
  setAside: null,
  threads: null,
};

const counts = {
  opening: 0,
  pending: 3,
  activated: 2,
  refused: 1,
  expired: 0,
  undeliverable: 0,
  cancelled: 0,
};

describe('The numbers of a lane', () => {
  it('say by a word what is not there, and why a lane is not here', () => {
    const store = createStore(nowMs);
    assert.match(
      render(h(LaneNumbers, { page: store.page, style: 'choreography' })),
      /accepted<\/dt><dd><span aria-hidden="true">–<\/span><span class="unseen">not yet/,
    );
    store.reportOn({
      styles: [{ ...emptyReport, style: 'stream-kafka', isHere: false, whyNot: 'There is no Java.' }],
      processes: null,
      faults: null,
      at,
    });
    assert.equal(render(h(LaneNumbers, { page: store.page, style: 'stream-kafka' })), '');
    assert.match(render(h(Numbers, { page: store.page })), /There is no Java\./);
  });

  it('show threads where callers hold some, and outboxes where there are some', () => {
    const store = createStore(nowMs);
    const threads = { busy: 50, of: 50 };
    store.reportOn({
      styles: [
        { ...emptyReport, style: 'synchronous-blocking', threads },
        {
          ...emptyReport,
          style: 'choreography',
          counts,
          unsent: 4,
          oldestUnsentMs: 1200,
          depth: 0,
          setAside: 0,
        },
      ],
      processes: null,
      faults: null,
      at,
    });
    const of = (style: 'synchronous-blocking' | 'choreography') =>
      render(h(LaneNumbers, { page: store.page, style }));
    assert.match(of('synchronous-blocking'), /threads<\/dt><dd>50 of 50/);
    assert.match(of('choreography'), /data-number="accepted"><dt>accepted<\/dt><dd>5</);
    assert.match(of('choreography'), /oldest unsent<\/dt><dd>1\.2 s/);
    assert.doesNotMatch(of('synchronous-blocking'), /unsent/);
  });

  it('take percentiles of the answers that this page has had, by nearest rank', () => {
    const store = createStore(nowMs);
    const answer = () => timesOf(store.page.lanes.choreography, undefined)[0]!;
    assert.deepEqual([answer().p50, answer().p99], ['not yet', 'not yet']);
    for (const afterMs of [671, 239]) store.timed('choreography', afterMs);
    assert.deepEqual([answer().p50, answer().p99], ['239 ms', '671 ms']);
  });

  it('say how long the last crowd waited, and how many of it were not served', () => {
    const store = createStore(nowMs);
    const of = (style: Style) => render(h(LaneNumbers, { page: store.page, style }));
    store.change({ crowd: noCrowd });
    assert.doesNotMatch(of('orchestration'), /crowd/);
    const byStyle = { ...noCrowd.byStyle };
    byStyle['synchronous-blocking'] = {
      ...noCrowd.byStyle.orchestration,
      asked: 25,
      failed: 4,
      p50Ms: 2048,
      p99Ms: 9912,
    };
    store.change({ crowd: { ...noCrowd, count: 25, asked: 25, answered: 25, byStyle } });
    const [waiting, leftOut] = [of('synchronous-blocking'), of('orchestration')];
    assert.match(waiting, /data-number="crowd"><th scope="row">crowd<\/th><td>2\.0 s<\/td><td>9\.9 s/);
    assert.match(waiting, /class="trouble wide"><dt>crowd failed<\/dt><dd>4 of 25/);
    assert.match(leftOut, /crowd failed<\/dt><dd>0 of 0/);
    assert.match(leftOut, /crowd<\/th><td><span aria-hidden="true">–/);
  });

  it('say how many of the accounts of a lane statistics has counted, while somebody wants to know', () => {
    const store = createStore(nowMs);
    const of = () => render(h(LaneNumbers, { page: store.page, style: 'choreography' }));
    store.reportOn({
      styles: [{ ...emptyReport, style: 'choreography', counts: { ...counts, opening: 1 } }],
      processes: null,
      faults: null,
      at,
    });
    assert.doesNotMatch(of(), /statistics/);
    store.change({ counted: null });
    assert.match(of(), /statistics<\/dt><dd>.*not yet/);
    store.change({ counted: forEachStyle(() => 3) });
    assert.match(of(), /class="wide"><dt>statistics<\/dt><dd>3 of 5</);
  });

  it('write times as a person reads them', () => {
    const hour = 3_600_000;
    assert.deepEqual([4, 1234, 12_345, 125_000, 2 * hour, 2 * hour + 300_000, 167 * hour].map(lasting), [
      '4 ms',
      '1.2 s',
      '12 s',
      '2 min',
      '2 h',
      '2 h 5 min',
      '6 d 23 h',
    ]);
  });
});
