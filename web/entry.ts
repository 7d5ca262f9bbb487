/** What the browser loads: the live page, or, at `?notes`, the window with the notes to the scene that a page of this browser plays. */
import { channelName } from './scenes/notes-channel.ts';
import { mountNotes } from './scenes/notes.ts';

if (new URLSearchParams(location.search).has('notes')) {
  document.title = 'Duet: notes';
  mountNotes(document.getElementById('page')!, new BroadcastChannel(channelName));
} else {
  await import('./main.ts');
}
