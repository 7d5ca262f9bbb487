/** What `npm run bench` can be told. */
import { parseArgs } from 'node:util';
import { systemNames, type SystemName } from './figures.ts';

const help = `Usage: npm run bench -- [options]

Measures both styles against their floors on a stack of its own, which it starts and stops. Takes up to ten minutes.

Options:
  --quick        windows too short to say anything: shows that all works, in a minute
  --only SYSTEM  one of ${systemNames.join(', ')}; may be repeated
  --seed NUMBER  who signs up, and when in the open loop (1)
  --out FILE     where the figures go (results/bench.json; build/bench.json with --quick or --only)
  --help         shows this`;

export type Options = { quick: boolean; only: readonly SystemName[]; seed: number; out: string };

/** Reads the command line; ends the process after \`--help\`, and where it makes no sense. */
export function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        seed: { type: 'string', default: '1' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed)) throw new Error(`--seed is \`${values.seed}\`, expected a number`);
    const only = values.only?.map(systemNamed) ?? systemNames;
    const isWhole = !values.quick && only.length === systemNames.length;
    return {
      quick: values.quick,
      only,
      seed,
      out: values.out ?? (isWhole ? 'results/bench.json' : 'build/bench.json'),
    };
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\n\`npm run bench -- --help\` lists the options.`,
    );
    process.exit(2);
  }
}

function systemNamed(name: string): SystemName {
  const found = systemNames.find((one) => one === name);
  if (!found) throw new Error(`--only is \`${name}\`, expected one of ${systemNames.join(', ')}`);
  return found;
}
