/** Rendering: a whole page, and that what was typed stays text wherever it stands. */
import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import { codeFolders } from '../code-folders.ts';
import { h } from '../../web/components/h.ts';
import { render, renderPage } from '../../web/components/render.ts';

describe('A rendered page', () => {
  it('is a document with its language, title, style sheets and scripts', () => {
    const page = renderPage(
      { title: 'A & B', stylesheets: ['/assets/a.css'], scripts: ['/assets/a.js'] },
      h('h1', null, 'A'),
      h('p', { class: 'lead' }, 'B'),
    );
    assert.match(page, /^<!doctype html>\n<html lang="en"><head><meta charset="utf-8"\/?>/);
    assert.match(page, /<title>A &amp; B<\/title><link rel="stylesheet" href="\/assets\/a\.css"\/?>/);
    assert.match(page, /<script type="module" src="\/assets\/a\.js"><\/script><\/head>/);
    assert.match(page, /<body><h1>A<\/h1><p class="lead">B<\/p><\/body><\/html>\n$/);
  });

  it('shows as text what is text, in an element and in an attribute', () => {
    const nasty = `"'><script>alert(1)</script>&amp;`;
    const shown = render(h('p', { title: nasty }, nasty), h('input', { value: nasty }));
    assert.doesNotMatch(shown, /<script|&amp;amp;amp;/);
    assert.equal(shown.match(/&lt;script>alert\(1\)&lt;\/script>&amp;amp;/g)?.length, 3);
    assert.equal(shown.match(/="&quot;'>/g)?.length, 2);
  });

  it('takes nothing for an element that only looks like one', () => {
    const typed = JSON.parse('{"type":"script","props":{"children":"alert(1)"},"key":null}') as never;
    assert.equal(render(h('p', null, typed)), '<p></p>');
  });

  it('shows half a surrogate pair as the sign for what is no character, and a whole one as it is', () => {
    assert.equal(render(h('b', null, 'a\uD83D, \u{1F642}')), '<b>a\uFFFD, \u{1F642}</b>');
  });

  it('carries a style sheet that is not escaped, but none that ends its element', () => {
    assert.match(renderPage({ title: 'A', style: 'a > b { color: red }' }), /<style>a > b \{/);
    assert.throws(() => renderPage({ title: 'A', style: '</style><script>' }), /cannot contain `<\/`/);
  });
});

describe('The code of the product', () => {
  const elementAsText = /<!doctype|<\/[a-z][a-z0-9]*>|<(br|hr|img|input|link|meta)[ />]/i;
  const unescaped = /dangerouslySetInnerHTML|(inner|outer)HTML|insertAdjacentHTML|document\.write/;

  it('writes no element as text, and puts in unescaped text at one place', async () => {
    const root = new URL('../../', import.meta.url);
    const rendering = 'web/components/render.ts';
    const found: string[] = [];
    for (const folder of codeFolders) {
      for (const name of await readdir(new URL(`${folder}/`, root), { recursive: true })) {
        const file = `${folder}/${name}`;
        if (!/\.(ts|mjs|js)$/.test(file) || file === rendering) continue;
        const text = await readFile(new URL(file, root), 'utf8');
        if (elementAsText.test(text) || unescaped.test(text)) found.push(file);
      }
    }
    assert.deepEqual(found, [], `it is to be made of components, and rendered by ${rendering}`);
  });
});
