/** The drawer, connected: it looks up the code behind the step that is selected, takes the focus, and gives it back. */
import { useEffect, useState } from 'preact/hooks';
import { h, type Html } from '../components/h.ts';
import type { PanelProps } from '../page-props.ts';
import { StepDrawer, type Source } from './step-drawer.ts';

/** What of a document the drawer needs, where there is one. */
type Focusable = { focus(): void };
type Place = { activeElement: Focusable | null; getElementById(id: string): Focusable | null };
const place = (globalThis as { document?: Place }).document;

/** The drawer of the selected step; null where none is selected. */
export function Drawer({ page, store, actions, links }: PanelProps): Html | null {
  const { selectedStep, signups, faults } = page;
  const signup = signups.get(selectedStep?.signupId ?? '');
  const step = selectedStep?.step ?? '';
  const source = useSource(actions, signup?.style, step);
  const isOpen = signup !== undefined;
  useEffect(() => {
    if (!isOpen) return undefined;
    const before = place?.activeElement;
    return () => before?.focus();
  }, [isOpen]);
  useEffect(() => {
    if (isOpen) place?.getElementById('drawer-title')?.focus();
  }, [isOpen, step]);
  if (!signup) return null;
  return h(StepDrawer, {
    signup,
    step,
    source,
    faults,
    links,
    onClose: () => store.change({ selectedStep: null }),
    onStep: (other) => store.change({ selectedStep: { signupId: signup.id, step: other } }),
    onResume: (id) => void actions.resume(id),
    onForward: (id, by) => void actions.fastForward([id], by),
    onCrash: (name) => void actions.breakFault(name),
  });
}

/** The code behind a step, asked for once; undefined until it is there, a sentence where it is not. */
function useSource(
  actions: PanelProps['actions'],
  style: string | undefined,
  step: string,
): Source | string | undefined {
  const path = style === undefined ? undefined : `sources/${style}/${encodeURIComponent(step)}`;
  const [found, keep] = useState<{ path: string; source: Source | string } | undefined>();
  useEffect(() => {
    if (path === undefined || found?.path === path) return;
    void actions.ask<Source>('GET', path).then((answer) => {
      keep({ path, source: 'ok' in answer ? answer.ok : `The code cannot be shown. ${answer.problem}` });
    });
  }, [path]);
  return found?.path === path ? found?.source : undefined;
}
