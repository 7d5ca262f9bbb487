/** What the routes need: coordinators, the read model, keys and addresses. They are put together by the api's process. */
import type { Logger } from 'pino';
import type { ReadBalance } from '../domain/balance.ts';
import type { Coordinator } from '../domain/coordinator.ts';
import type { Day } from '../domain/counts.ts';
import type { ReadHistory } from '../domain/history.ts';
import type { StackReport } from '../domain/report.ts';
import type { Signup, Style } from '../domain/signup.ts';
import type { Supervisor } from '../domain/supervisor.ts';
import type { ListedSignup, ListQuery } from '../domain/tracked.ts';
import type { AdmissionLimits } from './admission.ts';
import type { Feed } from './feed.ts';
import type { Links } from './pages.ts';

/** The parts that the application is made of. */
export type AppParts = {
  coordinators: Record<Style, Coordinator>;
  histories: Record<Style, ReadHistory>;
  balance: ReadBalance;
  /** A page of the list of every style. Throws `Unavailable`. */
  list: (query: ListQuery) => Promise<ListedSignup[]>;
  /** Everything that happens, as a stream. */
  feed: Feed;
  /** The signups opened last, newest first, for the start page. */
  latest: (limit: number) => Promise<Signup[]>;
  /** Told of each request that was sent away because there were too many. */
  shed: (style: Style) => void;
  /** Other limits than the usual ones, for tests. */
  limits?: Partial<AdmissionLimits>;
  /** The metrics of this process, as Prometheus reads them. */
  metrics: () => Promise<{ contentType: string; text: string }>;
  /** What the stack does at present; at most 1 s old. */
  report: () => Promise<StackReport>;
  /** What the late subscriber has counted; undefined where it never joined. Throws `Unavailable`. */
  countedDays: () => Promise<Day[] | undefined>;
  /** Where none has started this process, every request to it throws `SupervisorAway`. */
  supervisor: Supervisor;
  verificationKey: string;
  /** Where the API is reached from outside. */
  publicUrl: string;
  operatorToken: string | undefined;
  mailboxUrl: string | undefined;
  /** Where the crowd listens once it runs; undefined where its mails would leave by a provider that is not built in. */
  crowdUrl: string | undefined;
  links: Links;
  /** Where the live page was bundled to; the start page takes its place without it. */
  pageFolder?: string | undefined;
  log: Logger;
};
