/** Asks for the operator's token, on a page that is looked at from another machine. */
import { h, type Html } from '../components/h.ts';

/** The form; what is typed is handed on, and kept for this tab. */
export function TokenForm({ onToken }: { onToken: (token: string) => void }): Html {
  return h(
    'main',
    { class: 'token-form' },
    h('h1', null, 'Duet'),
    h(
      'p',
      null,
      'From another machine the page needs the operator’s token, which is the OPERATOR_TOKEN of the stack.',
    ),
    h(
      'form',
      {
        onSubmit: (event: Event & { currentTarget: HTMLFormElement }) => {
          event.preventDefault();
          const token = new FormData(event.currentTarget).get('token');
          if (typeof token === 'string' && token !== '') onToken(token);
        },
      },
      h(
        'label',
        null,
        'Token ',
        h('input', { name: 'token', type: 'password', autocomplete: 'off', required: true }),
      ),
      h('button', null, 'Open the page'),
    ),
    h('p', null, h('a', { href: 'start' }, 'Start page')),
  );
}
