/**
 * The search attribute `SignupStatus` and 30 days of retention; on an attached cluster that forbids it, what to do by hand. Two
 * installations in one namespace would take each other's tasks, so the namespace says whose it is, and the second is told.
 */
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { until } from '../../../adapters/waiting.ts';
import { PlatformError, reasonOf } from '../error.ts';
import { connectTemporal } from '../temporal-connection.ts';
import type { Installation } from './passwords.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;
const attribute = 'SignupStatus';
const retentionDays = 30;
/** In the data of the namespace: the id of the installation that uses it. */
const owner = 'duet-installation';
const usableWithinMs = 20_000;

/** Makes what is missing; warns instead of failing where the cluster does not allow it. */
export async function provisionTemporal(
  { address, namespace, embedded }: { address: string; namespace: string; embedded: boolean },
  installation: Installation | undefined,
  environment: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<void> {
  const connection = await connectTemporal(address, embedded ? {} : environment);
  const attempt = async (step: () => Promise<void>, byHand: string) => {
    try {
      await step();
    } catch (error) {
      if (embedded || error instanceof PlatformError) throw error;
      say(`Warning: Temporal at ${address} did not allow it (${reasonOf(error)}). Run by hand:\n  ${byHand}`);
    }
  };
  const update = `temporal operator namespace update --address ${address} --namespace ${namespace}`;
  try {
    if (installation !== undefined) {
      const ours = `${update} --data ${owner}=${installation.id}`;
      await attempt(() => claim(connection, namespace, installation, ours), ours);
    }
    await attempt(() => raiseRetention(connection, namespace), `${update} --retention ${retentionDays}d`);
    await attempt(
      () => addAttribute(connection, namespace),
      `temporal operator search-attribute create --address ${address} --namespace ${namespace} --name ${attribute} --type Keyword`,
    );
  } finally {
    await connection.close();
  }
}

async function claim(
  { workflowService }: Connection,
  namespace: string,
  { id }: Installation,
  byHand: string,
): Promise<void> {
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace });
  const found = namespaceInfo?.data?.[owner];
  if (found === id) return;
  if (found !== undefined) {
    throw new PlatformError(
      [
        `The namespace \`${namespace}\` of Temporal is used by an installation over another database (${found}): the two would take each other’s tasks.`,
        `Name another one in TEMPORAL_NAMESPACE, or, where that installation is no more: ${byHand}`,
      ].join('\n'),
    );
  }
  await workflowService.updateNamespace({ namespace, updateInfo: { data: { [owner]: id } } });
}

async function raiseRetention({ workflowService }: Connection, namespace: string): Promise<void> {
  const { config } = await workflowService.describeNamespace({ namespace });
  const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400;
  if (days >= retentionDays) return;
  await workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: { seconds: (retentionDays * 86_400) as never } },
  });
}

async function addAttribute(
  { operatorService, workflowService }: Connection,
  namespace: string,
): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  if (customAttributes?.[attribute] === undefined) {
    try {
      await operatorService.addSearchAttributes({
        namespace,
        searchAttributes: { [attribute]: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD },
      });
    } catch (error) {
      // The other of two stacks that race has just added it.
      if (!/already exist/i.test(reasonOf(error))) throw error;
    }
  }
  // Servers know a new attribute only after their next look at the metadata.
  await until(
    `Temporal to know the search attribute \`${attribute}\``,
    async () => {
      await workflowService.countWorkflowExecutions({ namespace, query: `${attribute} = 'none'` });
      return true;
    },
    { withinMs: usableWithinMs, everyMs: 100 },
  );
}
