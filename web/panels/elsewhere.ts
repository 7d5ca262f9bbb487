/** Where a person can look beside the page, as links: in the top bar, and where that has no room for them in the list of keys. */
import { Fragment, h, type Html } from '../components/h.ts';
import type { PageLinks } from '../page-props.ts';

/** The links. */
export function Elsewhere({ links: { temporal, rabbitmq } }: { links: PageLinks }): Html {
  return h(
    Fragment,
    null,
    temporal && h('a', { href: temporal, target: '_blank', rel: 'noopener' }, 'Temporal UI'),
    rabbitmq && h('a', { href: rabbitmq, target: '_blank', rel: 'noopener' }, 'RabbitMQ UI'),
    h('a', { href: 'start' }, 'Start page'),
  );
}
