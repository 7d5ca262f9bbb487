/** The scenes at the foot of the page: a list to choose from, and while one is played what is said, what is waited for, and the way on. */
import { h, type Html } from '../components/h.ts';
import type { PanelProps } from '../page-props.ts';
import { withCommand } from '../panels/words.ts';
import { playingOn, type Choice } from './playing.ts';
import { isOver, isUnderWay, type SceneState } from './player.ts';
import { changeScene, type Scene } from './scene.ts';

/** The foot of the page, connected. */
export function SceneBar({ page, store, actions }: PanelProps): Html {
  const { player, choices } = playingOn(store, actions);
  return h(SceneFoot, {
    state: page.scene ?? undefined,
    choices: choices(),
    onStart: (scene) => void player.start(scene),
    onOn: () => void player.on(),
    onBack: () => player.back(),
    onLeave: () => void player.leave(),
  });
}

export type SceneFootProps = {
  state: SceneState | undefined;
  choices: readonly Choice[];
  onStart: (scene: Scene) => void;
  onOn: () => void;
  onBack: () => void;
  onLeave: () => void;
};

/** The list of scenes, or the one that is played. */
export function SceneFoot(props: SceneFootProps): Html {
  return props.state ? h(Playing, { ...props, state: props.state }) : h(SceneList, props);
}

function SceneList({ choices, onStart }: SceneFootProps): Html {
  return h(
    'section',
    { class: 'scenes', 'aria-labelledby': 'scenes-title' },
    h('h2', { id: 'scenes-title' }, 'Scenes'),
    h(
      'ol',
      { class: 'scene-list' },
      choices.map(({ scene, whyNot }, index) =>
        h(
          'li',
          { key: scene.name },
          h(
            'button',
            {
              type: 'button',
              'data-scene': scene.name,
              'aria-disabled': whyNot === undefined ? undefined : 'true',
              'aria-describedby': `scene-${scene.name}`,
              onClick: () => whyNot === undefined && onStart(scene),
            },
            scene.title,
          ),
          h(
            'p',
            { id: `scene-${scene.name}` },
            h('span', { class: 'about' }, scene.about, ' '),
            whyNot !== undefined &&
              // Where there is one row for all, a reason that the next one has as well is shown there.
              h(
                'span',
                { class: whyNot === choices[index + 1]?.whyNot ? 'about' : 'why-not' },
                withCommand(whyNot),
              ),
          ),
        ),
      ),
      h(
        'li',
        { key: 'change' },
        h('b', null, changeScene.title),
        h(
          'p',
          null,
          h('span', { class: 'about' }, changeScene.about, ' '),
          h('code', null, changeScene.document),
        ),
      ),
    ),
  );
}

function Playing({ state, onOn, onBack, onLeave }: SceneFootProps & { state: SceneState }): Html {
  const { scene, shown, phase, waitsFor, complaint } = state;
  const step = scene.steps[shown];
  const isLast = shown === scene.steps.length - 1;
  return h(
    'section',
    {
      class: 'scenes playing',
      'aria-labelledby': 'scene-title',
      'data-scene': scene.name,
      'data-shown': shown,
      'data-phase': phase,
      'data-over': isOver(state) ? 'true' : undefined,
    },
    h(
      'div',
      { class: 'scene-words' },
      h('h2', { id: 'scene-title' }, scene.title),
      h(
        'p',
        { class: 'scene-place' },
        shown < 0 ? `${scene.steps.length} steps` : `step ${shown + 1} of ${scene.steps.length}`,
      ),
      h('p', { class: 'scene-says' }, withCommand(step?.say ?? scene.about)),
      h(
        'p',
        complaint === undefined
          ? { class: 'scene-waits' }
          : { class: 'scene-waits trouble', 'data-complaint': complaint },
        complaint ?? (waitsFor === undefined ? wordsOf(phase) : `waits for ${waitsFor}`),
      ),
    ),
    h(
      'div',
      { class: 'scene-keys' },
      h(
        'button',
        { type: 'button', 'aria-keyshortcuts': 'Backspace', disabled: shown < 0, onClick: onBack },
        '◀ Back',
      ),
      isLast && !isUnderWay(state)
        ? h(
            'button',
            { type: 'button', class: 'next', 'aria-keyshortcuts': 'Space', onClick: onLeave },
            'End the scene',
          )
        : h(
            'button',
            {
              type: 'button',
              class: 'next',
              'aria-keyshortcuts': 'Space',
              'aria-disabled': isUnderWay(state) ? 'true' : undefined,
              onClick: onOn,
            },
            'Next ▶',
          ),
      h('button', { type: 'button', onClick: onLeave }, 'Leave'),
      h('a', { href: '?notes', target: 'duet-notes' }, 'Notes'),
    ),
  );
}

const phaseWords = {
  'setting up': 'heals all first …',
  doing: 'under way …',
  waiting: 'waits …',
  ready: 'ready',
  failed: 'not as it was said',
} as const;

const wordsOf = (phase: SceneState['phase']) => phaseWords[phase];
