/** What `npm run bench` can be told. */
import { parseArgs } from 'node:util';
import { systemNames, type SystemName } from './figures.ts';

const help = `Usage: npm run bench -- [sleeping] [options]

Measures both styles against their floors on a stack of its own, which it starts and stops. Takes up to ten minutes.
With \`sleeping\`: what signups cost while they wait for days, and what it takes to wake them all. Takes five minutes.

Options:
  --quick        too little to say anything: shows that all works, in a minute
  --large        sleeping: 10,000 workflows and 100,000 signups of the chain, too; takes half an hour
  --only SYSTEM  one of ${systemNames.join(', ')}; may be repeated (sleeping: of the two styles)
  --seed NUMBER  who signs up, and when in the open loop (1)
  --out FILE     where the figures go (results/bench.json or results/sleeping.json; in build/ with --quick or --only)
  --help         shows this`;

export type Options = {
  what: 'styles' | 'sleeping';
  quick: boolean;
  large: boolean;
  only: readonly SystemName[];
  seed: number;
  out: string;
};

/** Reads the command line; ends the process after \`--help\`, and where it makes no sense. */
export function readOptions(): Options {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        large: { type: 'boolean', default: false },
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
    const [word, ...further] = positionals;
    if (further.length > 0 || (word !== undefined && word !== 'sleeping'))
      throw new Error(`\`${positionals.join(' ')}\` is not known, expected \`sleeping\` or nothing`);
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed)) throw new Error(`--seed is \`${values.seed}\`, expected a number`);
    const only = values.only?.map(systemNamed) ?? systemNames;
    const isWhole = !values.quick && only.length === systemNames.length;
    const file = word === undefined ? 'bench.json' : 'sleeping.json';
    return {
      what: word === undefined ? 'styles' : 'sleeping',
      ...{ quick: values.quick, large: values.large, only, seed },
      out: values.out ?? `${isWhole ? 'results' : 'build'}/${file}`,
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
