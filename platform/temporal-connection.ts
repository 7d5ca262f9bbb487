/** A connection to the Temporal frontend as the `TEMPORAL_*` variables describe it, for probing and provisioning. */
import { Connection } from '@temporalio/client';
import { connectionOptions, temporalAddress } from '../orchestration/connection.ts';
import { PlatformError, reasonOf } from './part.ts';

/** Connects within five seconds; whoever calls closes it. */
export function connectTemporal(address: string, environment: NodeJS.ProcessEnv): Promise<Connection> {
  const described = temporalAddress({ ...environment, TEMPORAL_ADDRESS: address });
  return Connection.connect({ ...connectionOptions(described), connectTimeout: '5 seconds' });
}

/** Resolves when the frontend answers. */
export async function reachTemporal(address: string, environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    const connection = await connectTemporal(address, environment);
    await connection.close();
  } catch (error) {
    throw new PlatformError(`Temporal at ${address} does not answer: ${reasonOf(error)}`);
  }
}

/** Resolves once a server of ours has written something: it answers questions even where it cannot. */
export async function writesTemporal(address: string, namespace: string): Promise<void> {
  const connection = await connectTemporal(address, {});
  try {
    const data = { 'duet-alive': new Date().toISOString() };
    await connection.workflowService.updateNamespace({ namespace, updateInfo: { data } });
  } finally {
    await connection.close();
  }
}
