/**
 * The signups of a lane as cells on a canvas, newest last, and a table with the same counts for who does not see it. It is drawn again only
 * where the lane has changed.
 */
import { useEffect, useRef } from 'preact/hooks';
import { h, type Html } from '../components/h.ts';
import { cellOf, cells, type Cell, type LaneSeen } from '../lanes.ts';
import type { Page } from '../page.ts';

/** The sides that a cell may have, in CSS pixels: the largest at which all fit. */
const sides = [10, 8, 6, 5, 4] as const;

/** From which side on a cell has room for its glyph. */
const glyphFrom = 8;

/** The crowd of a lane; nothing where it is no crowd. */
export function CrowdCells({ page, lane, title }: { page: Page; lane: LaneSeen; title: string }): Html {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { theme } = page.view;
  useEffect(() => {
    if (canvas.current) draw(canvas.current, page, lane);
  }, [lane.cells, theme]);
  const counted = (Object.keys(cells) as Cell[]).filter((cell) => lane.cells[cell] > 0);
  return h(
    'div',
    { class: 'crowd', 'data-size': lane.ids.length },
    lane.ids.length > 1 &&
      h('canvas', { ref: canvas, 'aria-hidden': 'true', style: `height: ${heightFor(lane.ids.length)}px` }),
    h(
      'p',
      { class: 'crowd-words', 'aria-hidden': 'true' },
      counted.map((cell) =>
        h(
          'span',
          { key: cell },
          h('b', { style: `background: var(--cell-${cell})` }, cells[cell]),
          ` ${lane.cells[cell]} ${cell} `,
        ),
      ),
    ),
    // A table itself takes no width that is smaller than its text.
    h(
      'div',
      { class: 'unseen' },
      h(
        'table',
        { 'data-crowd': lane.style },
        h('caption', null, `${title}: all its signups by how far they are`),
        h(
          'tbody',
          null,
          (Object.keys(cells) as Cell[]).map((cell) =>
            h(
              'tr',
              { key: cell },
              h('th', { scope: 'row' }, cell),
              h('td', { 'data-cell': cell }, lane.cells[cell]),
            ),
          ),
        ),
      ),
    ),
  );
}

function draw(canvas: HTMLCanvasElement, { signups }: Page, lane: LaneSeen): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  const scale = window.devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  context.scale(scale, scale);
  const side = sides.find((each) => room(width, height, each) >= lane.ids.length) ?? sides.at(-1)!;
  const columns = Math.floor(width / side);
  const style = getComputedStyle(canvas);
  const colours = Object.fromEntries(
    Object.keys(cells).map((cell) => [cell, style.getPropertyValue(`--cell-${cell}`)]),
  );
  const ink = style.getPropertyValue('--cell-glyph');
  context.font = `${side - 1}px ${style.fontFamily}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  // The oldest leave where not even the smallest cells have room for all.
  for (const [index, id] of lane.ids.slice(-room(width, height, side)).entries()) {
    const signup = signups.get(id);
    if (!signup) continue;
    const cell = cellOf(signup);
    const [x, y] = [(index % columns) * side, Math.floor(index / columns) * side];
    context.fillStyle = colours[cell] ?? '';
    context.fillRect(x, y, side - 1, side - 1);
    if (side < glyphFrom) continue;
    context.fillStyle = ink;
    context.fillText(cells[cell], x + (side - 1) / 2, y + side / 2);
  }
}

/** As high as so many cells of the largest side need in a narrow lane, within bounds. */
function heightFor(count: number): number {
  const rows = Math.ceil(count / 15);
  return Math.min(rows, 7) * sides[0] + 3;
}

const room = (width: number, height: number, side: number) =>
  Math.floor(width / side) * Math.floor(height / side);
