import { strict as assert } from 'node:assert';
import { complaintsAbout, wordFor, type Cell, type LabResults } from '../../../tools/lab/figures.ts';
import { failureReport } from '../../../tools/lab/report.ts';
import { sinceText } from '../../../tools/lab/report-words.ts';
import { cell, resultsOf } from './results.ts';

const page = failureReport(resultsOf([cell]));
const pageOf = (...cells: Cell[]) => failureReport(resultsOf(cells));

describe('the failure report', () => {
  it('says in a word what each cell came to, beside its colour, and counts', () => {
    assert.match(page, /<td class="held"><a class="word"[^>]*>held<\/a> <span class="counts">20 signups</);
    assert.match(
      pageOf({ ...cell, lost: 1 }),
      /<td class="broken"><a class="word"[^>]*>broken<\/a> <span[^>]*>20 signups: 1 lost</,
    );
    const inHand = { ...cell, duplicates: 2, duplicatesAllowed: 2 };
    assert.match(
      pageOf(inHand),
      /<td class="duplicate"><a class="word"[^>]*>duplicate<\/a> <span[^>]*>20 signups: 2 twice</,
    );
    assert.match(pageOf({ ...inHand, duplicatesAllowed: 1 }), /<td class="broken"><a [^>]*>broken</);
  });

  it('tells a fault that means nothing to a style from one that was not played', () => {
    assert.match(page, /<td class="none"><a [^>]*>not applicable</);
    assert.doesNotMatch(page, />not played</);
    const unplayed = failureReport(resultsOf([cell], { orchestration: 'It waits.' }));
    assert.match(unplayed, /<td class="broken"><a [^>]*>not played</);
    const notApplicable = (html: string) => html.match(/>not applicable</g)?.length ?? 0;
    assert.equal(notApplicable(unplayed), notApplicable(page) - 1);
  });

  it('draws seconds as bars of one scale, with their numbers', () => {
    const closed = pageOf({ ...cell, unavailableSeconds: 8.4 });
    assert.match(closed, /recovered in 4\.2 s<.*?style="width:50\.0%"/);
    assert.match(closed, /closed for 8\.4 s<.*?style="width:100\.0%"/);
    assert.doesNotMatch(page, /closed for \d/);
  });

  it('says how long it was broken, and that a style was not touched instead of seconds', () => {
    assert.match(page, /<dt>broken for<\/dt><dd>12\.5 s<\/dd>/);
    const calm = failureReport(
      resultsOf([cell, { ...cell, style: 'orchestration' }], { orchestration: null }),
    );
    assert.match(
      calm,
      /<td class="none"><a [^>]*>not touched<\/a> <span class="counts">20 signups<\/span><\/td>/,
    );
    const hit = { ...cell, style: 'orchestration', lost: 1 } as const;
    assert.match(
      failureReport(resultsOf([cell, hit], { orchestration: null })),
      /<td class="broken"><a [^>]*>broken</,
    );
  });

  it('begins with three sentences made of its figures', () => {
    assert.equal(page.match(/<p class="lead">/g)?.length, 3);
    assert.match(page, /<p class="lead">Of 20 accepted signups: 0 lost/);
  });

  it('calls nothing recovered that was given up', () => {
    const stuck = pageOf({ ...cell, stuck: 1, recoverySeconds: 61.2 });
    assert.match(stuck, /not recovered after 61\.2 s/);
    assert.doesNotMatch(stuck, />recovered in/);
  });

  it('opens to what breaks, where, how it heals, what is expected, what a human did and how to repeat it', () => {
    assert.match(page, /<details><summary>it storms<\/summary>/);
    assert.match(page, /<dd>the &quot;sky&quot;<\/dd>.*<dd>by itself<\/dd>/);
    assert.match(page, /It waits: <a href="\.\.\/messaging\/inbox\.ts">Cost 6<\/a>/);
    assert.match(page, /<a href="https:\/\/example\.com\/storm">they say<\/a>/);
    assert.match(page, /<code>npm run signup -- resume &lt;id><\/code>/);
    assert.match(page, /<code>npm run lab -- --fault storm --style choreography --seed 7<\/code>/);
  });

  it('shows the steps of the worst signup with the time since its first', () => {
    assert.match(page, /\+1\.2 s<\/td><th scope="row">sendSms welcome</);
    assert.match(page, /\+3 d<\/td><th scope="row">sendEmail welcome<\/th><td>done; 3 attempts</);
    assert.match(
      pageOf({ ...cell, worst: { signupId: 'one', timeline: [] } }),
      /Nobody knows anything of it/,
    );
    assert.deepEqual([0, 90_000, 5_400_000, -1500].map(sinceText), ['+0 s', '+1.5 min', '+1.5 h', '−1.5 s']);
  });

  it('lists the control group: the cell, what is expected, what was found, the sentence', () => {
    const row = page.slice(page.indexOf('without-an-umbrella'));
    assert.match(row, /is wet.*#storm-choreography.*lost or twice.*1 lost.*welcome email did not arrive/s);
    assert.match(row, /<td class="held"><b class="word">convicted</);
    const { controls, ...others } = resultsOf([cell]);
    const acquitted = controls.map((control) => ({ ...control, convicted: false }));
    assert.match(
      failureReport({ ...others, controls: acquitted }),
      /class="broken"><b class="word">acquitted</,
    );
  });

  it('escapes whatever it shows', () => {
    const nasty = `<script>alert("&'")</script>`;
    const everywhere = JSON.parse(
      JSON.stringify(resultsOf([{ ...cell, findings: ['x'] }]), (key, value: unknown) =>
        typeof value === 'string' && !['style', 'family', 'at', 'fault', 'name'].includes(key)
          ? nasty
          : value,
      ),
    ) as LabResults;
    const shown = failureReport(everywhere);
    assert.doesNotMatch(shown, /<script|alert\("/);
    // Machine, version, three words of the fault, what is expected, action, happening, finding, step, defect.
    assert.ok(shown.split(`&lt;script>alert(&quot;&amp;'&quot;)`).length > 11);
    assert.match(page, /a &lt;fast> one.*the &lt;broker> is away/s);
  });

  it('closes every element, gives every header a scope, and leads every link within the page to one place', () => {
    const control = { ...cell, duplicates: 1, findings: ['twice'], worst: undefined };
    for (const shown of [page, pageOf(), pageOf(control, { ...control, style: 'orchestration' })]) {
      assert.deepEqual(unclosedIn(shown), []);
      assert.doesNotMatch(shown, /<th(?! scope=)[ >]/);
      const ids = [...shown.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      assert.equal(new Set(ids).size, ids.length);
      for (const [, target] of shown.matchAll(/href="#([^"]+)"/g)) assert.ok(ids.includes(target), target);
    }
  });

  it('needs nothing from anywhere, and looks as the reader likes it', () => {
    assert.doesNotMatch(page, /<script|src=|@import|url\(|<link(?! rel="icon" href="data:,")/);
    assert.match(page, /prefers-color-scheme: dark/);
  });
});

/** Elements that are not closed in the order in which they were opened. */
function unclosedIn(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const body = html.replace(/<style>.*<\/style>/s, '');
  for (const [, slash, name = ''] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (['meta', 'link'].includes(name)) continue;
    if (slash === '') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

describe('the complaints of the lab', () => {
  it('are none where all is held and every control convicted, and one for each that is not', () => {
    const { controls } = resultsOf([cell]);
    assert.deepEqual(complaintsAbout({ cells: [cell], controls }), []);
    const acquitted = controls.map((control) => ({ ...control, convicted: false }));
    assert.equal(complaintsAbout({ cells: [{ ...cell, stuck: 1 }], controls: acquitted }).length, 2);
  });

  it('take for no failure what theory says of a style that does not promise everything', () => {
    const forgetful: Cell = { ...cell, foretold: ['lost'], lost: 2 };
    assert.equal(wordFor(forgetful), 'forgotten');
    assert.match(pageOf(forgetful), /<td class="forgotten">.*forgotten<.*20 signups: 2 lost/);
    assert.deepEqual(complaintsAbout({ cells: [forgetful], controls: [] }), []);
    assert.equal(wordFor({ ...forgetful, stuck: 1 }), 'broken');
    assert.equal(wordFor({ ...forgetful, inconsistent: 1 }), 'broken');
    assert.equal(wordFor({ ...forgetful, duplicates: 1 }), 'broken');
    assert.equal(wordFor({ ...forgetful, lost: 0 }), 'held');
  });
});
