/** A connection to the Temporal frontend as the `TEMPORAL_*` variables describe it, for probing and provisioning. */
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { connectionOptions, temporalAddress } from '../../coordinators/workflow/connection.ts';
import { PlatformError, reasonOf } from './error.ts';

// Of gRPC.
const notFound = 5;
const unauthenticated = 16;

/** Connects anew, within five seconds; whoever calls closes it. */
export async function connectTemporal(address: string, environment: NodeJS.ProcessEnv): Promise<Connection> {
  const described = temporalAddress({ ...environment, TEMPORAL_ADDRESS: address });
  const connection = Connection.lazy({
    ...connectionOptions(described),
    connectTimeout: '5 seconds',
    // Otherwise the connections of a process to one address share what is below them: one that was taken and never answered,
    // by a server that was about to listen, would keep all later ones waiting.
    channelArgs: { 'grpc.use_local_subchannel_pool': 1 },
  });
  try {
    await connection.ensureConnected();
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
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

/**
 * Resolves when the attached server knows the namespace. A wrong name would be told by our processes only, one by one, after they
 * have tried for a minute. A server that does not let us ask is believed.
 */
export async function findNamespace(
  address: string,
  namespace: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const connection = await connectTemporal(address, environment);
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    const code: number = error.code;
    if (code === unauthenticated)
      throw new PlatformError(`Temporal at ${address} does not take the key, see TEMPORAL_API_KEY`);
    if (code !== notFound) return;
    throw new PlatformError(
      `TEMPORAL_NAMESPACE is \`${namespace}\`, and Temporal at ${address} has no such namespace. ` +
        `To create it: temporal operator namespace create --address ${address} --namespace ${namespace} --retention 30d`,
    );
  } finally {
    await connection.close();
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
