/** What the figures were measured on: machine, versions, and the settings that decide what a commit costs. */
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { readFile } from 'node:fs/promises';
import { openClient, temporalAddress } from '../../coordinators/workflow/connection.ts';
import { managementApi } from '../operator/management.ts';
import { withSession } from '../platform/postgres-session.ts';
import type { Stack } from '../platform/stack.ts';

/** The machine, as far as it matters. `load` is the average number of busy processes before anything was started. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? '',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    load: Number(loadavg()[0]!.toFixed(2)),
  };
}

export type Machine = ReturnType<typeof describeMachine>;

/** The versions of the servers and of the libraries between us and them. */
export async function describeVersions(stack: Stack): Promise<Record<string, string>> {
  const { version, dependencies } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string; dependencies: Record<string, string> };
  const libraries = ['@temporalio/worker', 'amqplib', 'express', 'nodemailer', 'pg', 'undici'];
  return {
    duet: version,
    node: process.versions.node,
    postgres: await settingOf(stack.addresses.databaseAdmin, 'server_version'),
    rabbitmq: await rabbitVersion(stack.addresses),
    temporal: await temporalVersion(stack),
    ...Object.fromEntries(libraries.map((name) => [name, dependencies[name] ?? ''])),
  };
}

/** The versions as one line. */
export function versionLine(versions: Record<string, string>): string {
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Versions  ${all.join(', ')}`;
}

async function settingOf(databaseUrl: string, name: string): Promise<string> {
  const { rows } = await withSession(databaseUrl, (client) =>
    client.query<{ setting: string }>('select current_setting($1) as setting', [name]),
  );
  return rows[0]?.setting ?? '';
}

async function rabbitVersion({ amqpManagement, amqpAdmin }: Stack['addresses']): Promise<string> {
  const overview = await managementApi(amqpManagement!, amqpAdmin)('GET', 'overview');
  return (overview as { rabbitmq_version: string }).rabbitmq_version;
}

async function temporalVersion(stack: Stack): Promise<string> {
  const { connection } = openClient(temporalAddress(stack.environmentOf('accounts')));
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  await connection.close();
  return serverVersion ?? '';
}
