/** `npm run web`: bundles the live page for the stack of a state folder, once or after every change; a reload shows it. */
import { homeFolder } from './folders.ts';
import { commandLine } from './command-line.ts';
import { bundlePage, watchPage } from './page-bundle.ts';

const { home, watch = false } = commandLine('npm run web --')
  .description('Bundles the live page into the state folder of a stack, which serves it from there.')
  .option('--home <folder>', 'the state folder (as DUET_HOME)')
  .option('--watch', 'bundles it again after every change, until Ctrl-C')
  .parse()
  .opts();

const folder = homeFolder({ ...process.env, ...(home === undefined ? {} : { DUET_HOME: home }) });
if (watch) {
  await watchPage(folder, (errors) =>
    console.log(errors === 0 ? 'Bundled: reload the page.' : 'Not bundled.'),
  );
} else {
  const made = await bundlePage(folder, (line) => console.error(line));
  if (made === undefined) process.exit(1);
  console.log(`The page is in ${made}.`);
}
