/**
 * The code behind each step of each style: a marked region of the file that tells it. The files of this very installation are
 * read, so that what is shown is what runs.
 */
import { readFile } from 'node:fs/promises';
import type { Express } from 'express';
import { z } from 'zod';
import { clickRow, reminders, stepsFor, type StepName } from '../domain/process.ts';
import { styles, type Style } from '../domain/signup.ts';
import { traits, type Mechanism } from '../domain/styles.ts';
import { operatorsOnly } from './operator.ts';
import { Problem } from './problems.ts';
import { onlyMethods } from './requests.ts';

/** The code behind a step. */
export const StepSource = z
  .object({
    style: z.enum(styles),
    step: z.string(),
    file: z.string().describe('From the root of the repository'),
    firstLine: z.int().describe('The number of the first line in that file'),
    lines: z.string().describe('The code, without the indentation that all lines share'),
  })
  .meta({ id: 'StepSource' });
export type StepSource = z.infer<typeof StepSource>;

/** By step, a file and a region in it. */
type Places = Partial<Record<StepName | typeof clickRow, string>>;

const reminding = (place: string): Places =>
  Object.fromEntries(reminders.flatMap(({ purpose }) => stepsFor(purpose)).map((step) => [step, place]));
const welcoming = (place: string): Places =>
  Object.fromEntries(stepsFor('welcome').map((step) => [step, place]));

const accounts = 'choreography/accounts.ts';
const notifications = 'choreography/notifications.ts';
const workflow = 'workflows/signup.ts';
const poller = 'coordinators/calls/poller.ts';

/** Where each mechanism tells its steps. Those of calls are told twice; what is due after the answer, once. */
const placesOf: Record<Mechanism, (style: Style) => Places> = {
  chain: () => ({
    openAccount: `${accounts}#open`,
    ...welcoming(`${notifications}#welcome-sms`),
    'sendEmail welcome': `${notifications}#welcome`,
    recordNotified: `${accounts}#join`,
    ...reminding(`${notifications}#reminder`),
    click: `${accounts}#click`,
    activateAccount: `${accounts}#click`,
    'sendEmail activated': `${notifications}#activated`,
    'closeAccount expired': `${accounts}#expired`,
    'sendEmail expired': `${notifications}#expired`,
    'closeAccount undeliverable': `${accounts}#compensation`,
    'sendSms closed': `${notifications}#closed`,
    'closeAccount cancelled': `${accounts}#close`,
  }),
  workflow: () => ({
    openAccount: `${workflow}#open`,
    ...welcoming(`${workflow}#join`),
    recordNotified: `${workflow}#join`,
    ...reminding(`${workflow}#remind`),
    click: `${workflow}#wait`,
    activateAccount: `${workflow}#click`,
    'sendEmail activated': `${workflow}#click`,
    'closeAccount expired': `${workflow}#compensation`,
    'sendEmail expired': `${workflow}#compensation`,
    'closeAccount undeliverable': `${workflow}#compensation`,
    'sendSms closed': `${workflow}#compensation`,
    'closeAccount cancelled': `${workflow}#cancel`,
  }),
  calls(style) {
    const telling = `synchronous/${traits[style].manner}.ts`;
    return {
      openAccount: `${telling}#open`,
      ...welcoming(`${telling}#open`),
      recordNotified: `${telling}#record`,
      ...reminding(`${poller}#visits`),
      click: `${telling}#click`,
      activateAccount: `${telling}#click`,
      'sendEmail activated': `${telling}#click`,
      'closeAccount expired': `${poller}#visits`,
      'sendEmail expired': `${poller}#visits`,
      'closeAccount undeliverable': `${telling}#compensation`,
      'sendSms closed': `${telling}#compensation`,
      'closeAccount cancelled': `${poller}#visits`,
    };
  },
};

const root = new URL('../', import.meta.url);
/** What was read once stays as it was: as long as this process runs, that code does. */
const texts = new Map<string, Promise<string>>();

/** The code behind a step of a style; undefined where there is no such step. */
export async function sourceOf(style: Style, step: string): Promise<StepSource | undefined> {
  const place = new Map(Object.entries(placesOf[traits[style].mechanism](style))).get(step);
  if (place === undefined) return undefined;
  const [file = '', region = ''] = place.split('#');
  const text = texts.get(file) ?? readFile(new URL(file, root), 'utf8');
  texts.set(file, text);
  return { style, step, file, ...regionOf(await text, file, region) };
}

/** The lines between `// #region NAME` and `// #endregion`, and the number of the first. Throws where there is no such region. */
export function regionOf(source: string, file: string, region: string): { firstLine: number; lines: string } {
  const lines = source.split('\n');
  const first = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const length = lines.slice(first).findIndex((line) => line.trim() === '// #endregion');
  if (first < 0 || length < 0) throw new Error(`there is no region \`${region}\` in ${file}`);
  const excerpt = lines.slice(first + 1, first + length);
  const indent = Math.min(...excerpt.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return { firstLine: first + 2, lines: excerpt.map((line) => line.slice(indent)).join('\n') };
}

/** Adds `/sources/<style>/<step>`. */
export function addSourcesRoute(
  app: Express,
  { operatorToken }: { operatorToken: string | undefined },
): void {
  app
    .route('/sources/:style/:step')
    .get(operatorsOnly(operatorToken), async ({ params }, response) => {
      const style = styles.find((each) => each === params.style);
      const source = style && (await sourceOf(style, params.step));
      if (!source)
        throw new Problem('not-found', `there is no step \`${params.step}\` of a style \`${params.style}\``);
      response.json(source);
    })
    .all(onlyMethods('GET, HEAD'));
}
