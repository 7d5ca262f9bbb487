/** What was typed, or came from a server, on each page that shows any of it: it is text, and the page around it stays what it is. */
import { strict as assert } from 'node:assert';
import { signupShown, type Signup } from '../../domain/signup.ts';
import { clickedPage, startPage, verifyPage } from '../../http/pages.ts';
import { failureReport } from '../../tools/lab/report.ts';
import { page as mailboxPage } from '../../tools/platform/mailbox/page.ts';
import type { Message } from '../../tools/platform/mailbox/store.ts';
import { cell, resultsOf } from './lab/results.ts';

const known = { status: 'pending', startedAt: '2026-01-01T00:00:00.000Z' } as const;
const request = { email: 'ada@example.com', style: 'choreography' } as const;
const signup = signupShown('1', request, known);

const pages: Record<string, { of: (text: string) => string; places: number }> = {
  'the start page': {
    of(text) {
      const parked: Signup['parked'] = [{ step: 'sendSms welcome', attempts: 2, lastError: text }];
      const whyNotHere = (style: string) => (style === 'orchestration' ? text : undefined);
      return startPage({ mailbox: text }, [{ ...signup, email: text, parked }], whyNotHere);
    },
    places: 4,
  },
  'the mailbox': {
    of(text) {
      const message: Message = {
        id: '1',
        channel: 'email',
        to: text,
        purpose: text,
        signupId: '1',
        messageId: null,
        subject: text,
        text: `Dear ${text}`,
        links: [],
        receivedAt: known.startedAt,
      };
      return mailboxPage([message], text);
    },
    places: 5,
  },
  'the failure report': {
    of(text) {
      const happened = [{ atSeconds: 1, what: text }];
      const worst = { signupId: text, timeline: [{ ...cell.worst!.timeline[0]!, detail: text }] };
      const { controls, faults, ...others } = resultsOf([
        { ...cell, findings: [text], actions: [text], happened, worst },
      ]);
      return failureReport({
        ...others,
        faults: faults.map((fault) => ({ ...fault, breaks: text, injectedAt: text, heals: text })),
        controls: controls.map((control) => ({ ...control, control: text, defect: text })),
      });
    },
    places: 10,
  },
};

describe('Every page', () => {
  for (const [name, { of: pageOf, places }] of Object.entries(pages)) {
    for (const [what, typed, shown] of [
      [
        'markup',
        `<img src=x onerror="alert('1')">&amp;`,
        `&lt;img src=x onerror=&quot;alert('1')&quot;>&amp;amp;`,
      ],
      ['the end of an element', `</td></pre><script>`, `&lt;/td>&lt;/pre>&lt;script>`],
      ['a right-to-left name', 'עדה <לאבלייס>', 'עדה &lt;לאבלייס>'],
      ['half a surrogate pair', 'Ada \uD83D', 'Ada \uFFFD'],
      ['a hundred characters', 'x'.repeat(100), 'x'.repeat(100)],
    ] as const) {
      it(`shows ${what} as text: ${name}`, () => {
        const page = pageOf(typed);
        assert.equal(page.split(shown).length - 1, places);
        assert.equal(page.replaceAll(shown, 'Ada'), pageOf('Ada'));
      });
    }

    it(`is in UTF-8 what it is here: ${name}`, () => {
      const page = pageOf('\uDE42\uD83D');
      assert.equal(Buffer.from(page).toString(), page);
    });
  }

  it('keeps the direction of a name to the name, where people are named', () => {
    const name = 'עדה';
    assert.match(pages['the start page']!.of(name), new RegExp(`<td><bdi>${name}</bdi></td>`));
    assert.match(pages['the mailbox']!.of(name), new RegExp(`<bdi>${name}</bdi> · .*<pre dir="auto">`));
  });

  it('is a whole document in English, without style or script of its own where the API serves it', () => {
    for (const page of [startPage({}, [], () => undefined), verifyPage(), clickedPage('closed')]) {
      assert.match(
        page,
        /^<!doctype html>\n<html lang="en"><head>.*<title>[^<]+<\/title>.*<\/body><\/html>\n$/s,
      );
      assert.doesNotMatch(page, /<style|\sstyle=|<script>|\son\w+=/);
    }
  });
});
