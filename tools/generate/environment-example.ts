import { variables } from '../../adapters/config.ts';

/** The text of `.env.example`: every variable, commented out, with its form. */
export function environmentExample(): string {
  return Object.entries(variables)
    .map(([name, { form, description }]) => `# ${description}\n# ${name}=${form}\n`)
    .join('\n');
}
