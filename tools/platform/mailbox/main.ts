/** The sink's own process: `main.ts --port 8025 --smtp-port 1025 --file mailbox.jsonl`. */
import { once } from 'node:events';
import { createLog } from '../../../adapters/log.ts';
import { commandLine } from '../command-line.ts';
import { createHttp } from './http.ts';
import { createScenarios } from './scenarios.ts';
import { createSmtp } from './smtp.ts';
import { openStore } from './store.ts';

const { port, smtpPort, file } = commandLine('main.ts')
  .requiredOption('--port <number>', 'of its HTTP side')
  .requiredOption('--smtp-port <number>', 'of its SMTP side')
  .requiredOption('--file <file>', 'where it keeps what arrives')
  .parse()
  .opts();

const store = openStore(file);
const scenarios = createScenarios();
const smtp = createSmtp(store, scenarios);
const log = createLog('mailbox', 'info');
const http = createHttp(store, scenarios, log);

// SMTP first: who finds the HTTP side live may send mail at once.
const smtpListener = smtp.listen(Number(smtpPort), '127.0.0.1');
await once(smtpListener, 'listening');
http.listen(Number(port), '127.0.0.1');
await once(http, 'listening');
log.info(`SMTP on 127.0.0.1:${smtpPort}, HTTP on 127.0.0.1:${port}, kept in ${file}`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    http.close();
    http.closeAllConnections();
    smtp.close(() => process.exit(0));
  });
}
