/** The pages beside the live one: at each size, in both schemes, by keyboard only. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LabResults } from '../../tools/lab/figures.ts';
import { failureReport } from '../../tools/lab/report.ts';
import { repository } from '../../tools/platform/folders.ts';
import { linkIn, linkOf, notifiedSignup, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { theStack } from '../stack.ts';
import { assertAccessible, assertFits } from './accessible.ts';
import { sizes, withBrowser, type Look, type Size } from './browser.ts';
import { tabTo } from './keyboard.ts';

const looks: readonly Look[] = (Object.keys(sizes) as Size[]).flatMap((size) =>
  (['light', 'dark'] as const).map((scheme) => ({ size, scheme })),
);
const inWords = ({ size, scheme }: Look) => `${size}, ${scheme}`;

describe('The start page, in a browser,', () => {
  const itInBrowser = withBrowser();

  for (const look of looks) {
    itInBrowser(`can be used by everybody: ${inWords(look)}`, async ({ open }) => {
      await startSignup(uniqueRequest('choreography'));
      const page = await open('/start', look);
      await page.getByRole('heading', { level: 1, name: 'Duet' }).waitFor();
      await assertAccessible(page);
      await assertFits(page);
    });
  }
});

describe('The page behind a verification link, in a browser,', () => {
  const itInBrowser = withBrowser();

  for (const look of looks) {
    itInBrowser(`can be used by everybody, and so can its answers: ${inWords(look)}`, async ({ open }) => {
      const { email } = await startSignup(uniqueRequest('choreography'));
      const page = await open(await linkIn(email), look);
      await assertAccessible(page);
      await assertFits(page);
      await page.getByRole('button', { name: 'Confirm' }).click();
      await page.getByRole('heading', { name: 'Your account is active' }).waitFor();
      await assertAccessible(page);
      await assertFits(page);
    });
  }

  itInBrowser('takes the click from a keyboard', async ({ open }) => {
    const { id, email } = await startSignup(uniqueRequest('choreography'));
    const page = await open(await linkIn(email));
    await tabTo(page, page.getByRole('button', { name: 'Confirm' }), 3);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your account is active' }).waitFor();
    await signupThat('is activated', id, ({ status }) => status === 'activated');
  });

  itInBrowser('says of half a link what to do', async ({ open }) => {
    const half = (await linkOf('00000000-0000-4000-8000-000000000000')).slice(0, -10);
    const page = await open(half, { expected: [/status of 404/] });
    await page.getByText('Please copy it whole from the mail.').waitFor();
    await assertAccessible(page);
  });
});

describe('The page of the mailbox, in a browser,', () => {
  const itInBrowser = withBrowser();

  for (const look of looks) {
    itInBrowser(`can be used by everybody: ${inWords(look)}`, async ({ open }) => {
      const { email } = await notifiedSignup(uniqueRequest('choreography'));
      const page = await open(`${theStack().urls.mailbox!}/?to=${email}`, look);
      await page.getByRole('link', { name: /\/verify\// }).waitFor();
      await assertAccessible(page);
      await assertFits(page);
    });
  }
});

describe('The report of the lab, in a browser,', () => {
  const itInBrowser = withBrowser();
  let folder: string;
  let report: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'duet-report-'));
    report = join(folder, 'report.html');
    const results = JSON.parse(await readFile(join(repository, 'results', 'lab.json'), 'utf8')) as LabResults;
    await writeFile(report, failureReport(results));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const scheme of ['light', 'dark'] as const) {
    itInBrowser(`can be read by everybody: ${scheme}`, async ({ open }) => {
      await assertAccessible(await open(pathToFileURL(report).href, { scheme }));
    });
  }

  for (const size of Object.keys(sizes) as Size[]) {
    itInBrowser(`fits its screen: ${size}`, async ({ open }) => {
      await assertFits(await open(pathToFileURL(report).href, { size }));
    });
  }
});
