import type { Unsent } from '../outbox.ts';
import type { PersonView } from '../person.ts';
import type { Language, Texts } from '../texts.ts';
import type { TimelineEntry } from '../timeline.ts';
import { timeOfDay } from './clock.ts';
import { h, keyed, setAttribute } from './dom.ts';
import * as icons from './icons.ts';

/** What the list shows, from top to bottom. */
type Row =
  | { readonly kind: 'entry'; readonly entry: TimelineEntry }
  | { readonly kind: 'unsent'; readonly unsent: Unsent }
  | { readonly kind: 'fresh' };

type SentState = 'sending' | 'refused' | 'stored' | 'delivered' | 'read';

const stateIcons: Record<SentState, () => Node> = {
  sending: icons.clock,
  refused: icons.warning,
  stored: icons.oneTick,
  delivered: icons.twoTicks,
  read: icons.twoTicks,
};

export interface BubblesOptions {
  readonly userId: string;
  readonly language: Language;
  readonly texts: Texts;
  /** Gives up a message that was refused. */
  readonly discard: (id: string) => void;
}

/** The messages of a conversation: what is stored by its number, below it what is on its way (O4). */
export class Bubbles {
  readonly element = h('ol', { class: 'bubbles' });
  readonly #options: BubblesOptions;

  constructor(options: BubblesOptions) {
    this.#options = options;
  }

  /** @returns how many rows are shown */
  render(view: PersonView, reading: boolean): number {
    const rows = this.#rows(view, reading);
    const lastOwn = rows.findLast((row) => this.#isOwn(row));
    keyed(
      this.element,
      rows,
      rowKey,
      (row) => this.#make(row),
      (element, row) => {
        element.classList.toggle('last', row === lastOwn);
        if (row.kind !== 'fresh') this.#showState(element, row, view);
      },
    );
    return rows.length;
  }

  #rows(view: PersonView, reading: boolean): Row[] {
    const rows: Row[] = view.entries.map((entry) => ({ kind: 'entry', entry }));
    const firstNew = rows.findIndex(
      (row) => row.kind === 'entry' && row.entry.seq > view.ownReadSeq && !this.#isOwn(row),
    );
    if (!reading && firstNew >= 0 && view.unread > 0) rows.splice(firstNew, 0, { kind: 'fresh' });
    for (const unsent of view.unsent) rows.push({ kind: 'unsent', unsent });
    return rows;
  }

  #isOwn(row: Row): boolean {
    return row.kind === 'unsent' || (row.kind === 'entry' && row.entry.senderId === this.#options.userId);
  }

  #make(row: Row): HTMLElement {
    const { texts, language } = this.#options;
    if (row.kind === 'fresh') return h('li', { class: 'fresh' }, texts.fresh);
    const { text, time } = row.kind === 'entry' ? row.entry : row.unsent;
    const seq = row.kind === 'entry' ? row.entry.seq : undefined;
    return h(
      'li',
      { class: this.#isOwn(row) ? 'bubble mine' : 'bubble theirs', 'data-seq': seq },
      h('p', { class: 'text', dir: 'auto' }, text),
      h(
        'p',
        { class: 'meta' },
        seq !== undefined && h('span', { class: 'seq' }, `#${seq}`),
        h('time', { datetime: new Date(time).toISOString() }, timeOfDay(language, time)),
        this.#isOwn(row) && h('span', { class: 'state', role: 'img' }),
      ),
    );
  }

  #showState(element: HTMLElement, row: Exclude<Row, { kind: 'fresh' }>, view: PersonView): void {
    const badge = element.querySelector<HTMLElement>('.state');
    const state = sentState(row, view);
    if (!badge || badge.dataset.state === state) return;
    const { texts, discard } = this.#options;
    badge.dataset.state = state;
    badge.replaceChildren(stateIcons[state]());
    if (row.kind === 'unsent' && state === 'refused') {
      const { id, refused = '' } = row.unsent;
      label(badge, texts.refused(refused));
      const giveUp = h(
        'button',
        { class: 'quiet', type: 'button', onclick: () => discard(id) },
        texts.discard,
      );
      element.append(h('p', { class: 'refusal' }, giveUp));
    } else if (state !== 'refused') {
      label(badge, texts[state]);
    }
  }
}

function label(element: Element, text: string): void {
  setAttribute(element, 'aria-label', text);
  setAttribute(element, 'title', text);
}

function sentState(row: Exclude<Row, { kind: 'fresh' }>, view: PersonView): SentState {
  if (row.kind === 'unsent') return row.unsent.refused === undefined ? 'sending' : 'refused';
  if (row.entry.seq <= view.readSeq) return 'read';
  return row.entry.seq <= view.deliveredSeq ? 'delivered' : 'stored';
}

function rowKey(row: Row): string {
  switch (row.kind) {
    case 'entry':
      return `seq ${row.entry.seq}`;
    case 'unsent':
      return `id ${row.unsent.id}`;
    case 'fresh':
      return 'fresh';
  }
}
