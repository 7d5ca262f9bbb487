/** What the bundle holds: each export is a workflow type. */
export { signup } from './signup.ts';
