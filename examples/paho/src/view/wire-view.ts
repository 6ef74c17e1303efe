import type { Texts } from '../texts.ts';
import type { Wire, WireFact } from '../wire.ts';
import { instant } from './clock.ts';
import { h, keyed, setAttribute, setText } from './dom.ts';
import * as icons from './icons.ts';

type Filter = 'showPackets' | 'showCalls' | 'showPings';

const filters: readonly Filter[] = ['showPackets', 'showCalls', 'showPings'];

/** What goes over the wire, the newest on top. */
export class WireView {
  readonly element: HTMLElement;
  readonly #wire: Wire;
  readonly #texts: Texts;
  readonly #sides: ReadonlyMap<string, string>;
  readonly #list = h('ol', { class: 'facts' });
  readonly #empty: HTMLElement;
  readonly #shown = new Set<Filter>(['showPackets', 'showCalls']);

  constructor(wire: Wire, texts: Texts, sides: ReadonlyMap<string, string>) {
    this.#wire = wire;
    this.#texts = texts;
    this.#sides = sides;
    this.#empty = h('p', { class: 'empty' }, texts.wireEmpty);
    this.element = h(
      'section',
      { class: 'wire', 'aria-labelledby': 'wire-title' },
      h(
        'header',
        {},
        h('h2', { id: 'wire-title' }, texts.wire),
        h(
          'div',
          { class: 'filters' },
          ...filters.map((filter) => this.#filterButton(filter)),
          h('button', { class: 'quiet', type: 'button', onclick: () => wire.clear() }, texts.clear),
        ),
      ),
      h('p', { class: 'hint' }, texts.wireHint),
      h(
        'div',
        { class: 'facts-frame', tabindex: 0, role: 'region', 'aria-labelledby': 'wire-title' },
        this.#empty,
        this.#list,
      ),
    );
  }

  render(): void {
    const facts = this.#wire.facts.filter(
      (fact) => this.#sides.has(fact.person.id) && this.#shown.has(filterOf(fact)),
    );
    keyed(
      this.#list,
      facts.reverse(),
      ({ number }) => `${number}`,
      (fact) => this.#row(fact),
      (row, { callback }) => setText(row.querySelector('.callback')!, callback ?? ''),
    );
    this.#empty.hidden = facts.length > 0;
  }

  #filterButton(filter: Filter): HTMLElement {
    const button = h(
      'button',
      { class: 'chip', type: 'button', 'aria-pressed': `${this.#shown.has(filter)}` },
      this.#texts[filter],
    );
    button.addEventListener('click', () => {
      if (!this.#shown.delete(filter)) this.#shown.add(filter);
      setAttribute(button, 'aria-pressed', `${this.#shown.has(filter)}`);
      this.render();
    });
    return button;
  }

  #row(fact: WireFact): HTMLElement {
    const { person, direction, what, subject, note, bytes, detail, time } = fact;
    const cells = [
      h('time', {}, instant(time)),
      h('span', { class: `who-dot ${this.#sides.get(person.id)}` }, person.name),
      h(
        'span',
        { class: `direction ${direction}`, role: 'img', 'aria-label': this.#texts[direction] },
        arrows[direction](),
      ),
      h('span', { class: 'what' }, what),
      h('span', { class: 'subject', title: subject }, subject),
      h('span', { class: 'callback' }),
      h('span', { class: 'note' }, bytes === undefined ? note : `${note} · ${this.#texts.bytes(bytes)}`),
    ];
    if (detail === undefined) return h('li', { class: 'fact' }, h('div', { class: 'fact-line' }, ...cells));
    const pre = h('pre', { tabindex: 0 });
    const details = h('details', {}, h('summary', { class: 'fact-line' }, ...cells), pre);
    // Only what is looked at is written out.
    details.addEventListener('toggle', () => {
      if (details.open && !pre.textContent) pre.textContent = JSON.stringify(detail, undefined, 2);
    });
    return h('li', { class: 'fact' }, details);
  }
}

const arrows = { up: icons.arrowUp, down: icons.arrowDown, page: icons.dot };

function filterOf({ what }: WireFact): Filter {
  if (what.startsWith('HTTP')) return 'showCalls';
  return what.startsWith('PING') ? 'showPings' : 'showPackets';
}
