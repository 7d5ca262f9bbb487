/** What the browser loads: the live page, or, at `?notes`, the window with the notes to the scene that a page of this browser plays. */
import { channelName } from './scenes/notes-channel.ts';
import { mountNotes } from './scenes/notes.ts';
import { keptTheme } from './theme.ts';

if (new URLSearchParams(location.search).has('notes')) {
  document.title = 'Duet: notes';
  const paint = () => (document.documentElement.dataset['theme'] = keptTheme(localStorage));
  paint();
  // Chosen on the page.
  addEventListener('storage', paint);
  mountNotes(document.getElementById('page')!, new BroadcastChannel(channelName));
} else {
  await import('./main.ts');
}
