// @vitest-environment happy-dom
import type { Conversation, ConversationView, ListView, Skein, Target } from '@skein/client';
import type { Window } from 'happy-dom';
import { act, createElement, type ReactNode, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  SkeinProvider,
  type UsedConversation,
  useConversation,
  useConversations,
  useSkein,
  useUnread,
} from './index.ts';

declare const window: Window;

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

/** Something that is shown, changed by the test. */
class Shown<View> {
  view: View;
  readonly listeners = new Set<(view: View) => void>();

  constructor(view: View) {
    this.view = view;
  }

  subscribe = (listener: (view: View) => void): (() => void) => {
    this.listeners.add(listener);
    listener(this.view);
    return () => this.listeners.delete(listener);
  };

  set(view: View): void {
    this.view = view;
    for (const listener of [...this.listeners]) listener(view);
  }
}

const conversations = new Map<string, Shown<ConversationView>>();
let list: Shown<ListView>;
let client: Skein;
let root: Root;
let main: HTMLElement;

beforeEach(() => {
  conversations.clear();
  list = new Shown<ListView>({
    sync: { name: 'catching up' },
    conversations: [],
    totalUnread: 0,
    totalUnreplied: 0,
  });
  client = {
    conversations: list,
    conversation: (target: Target) => {
      const key = JSON.stringify(target);
      const known = conversations.get(key) ?? new Shown(saying());
      conversations.set(key, known);
      return known as unknown as Conversation;
    },
  } as unknown as Skein;
  main = document.createElement('main');
  root = createRoot(main);
});

afterEach(() => act(() => root.unmount()));

afterAll(() => window.happyDOM.abort());

function saying(...texts: string[]): ConversationView {
  const entries = texts.map((content, i) => ({ content, seq: i + 1 }));
  return { entries } as unknown as ConversationView;
}

/** Shows a conversation; tells what it saw at each rendering. */
function Talk({ person = '2', seen }: { person?: string; seen?: (used: UsedConversation) => void }): string {
  const used = useConversation({ person });
  seen?.(used);
  return used.view.entries.map(({ content }) => content).join();
}

/** Shows the same conversation twice, one inside of the other. */
function Twice({ seen }: { seen: (outer: number, inner: number) => void }): ReactNode {
  const outer = useConversation({ person: '2' }).view.entries.length;
  return createElement(Talk, { seen: ({ view }) => seen(outer, view.entries.length) });
}

function Unread({ rendered }: { rendered: () => void }): number {
  rendered();
  return useUnread();
}

function List(): string {
  return useConversations().sync.name;
}

function Lost(): string {
  return String(useSkein());
}

const withClient = (element: ReactNode) => createElement(SkeinProvider, { client }, element);

const render = (element: ReactNode) => act(() => root.render(withClient(element)));

const talkTo = (person: string) => conversations.get(JSON.stringify({ person }))!;

describe('useConversation', () => {
  test('renders once for each change, and not for those of other conversations', () => {
    let renders = 0;
    const seen = () => {
      renders += 1;
    };
    render(createElement(Talk, { seen }));
    expect(renders).toBe(1);
    act(() => talkTo('2').set(saying('one')));
    act(() => talkTo('2').set(saying('one', 'two')));
    expect(main.textContent).toBe('one,two');
    expect(renders).toBe(3);
    client.conversation({ person: '3' });
    act(() => talkTo('3').set(saying('elsewhere')));
    act(() => list.set({ ...list.view, totalUnread: 1 }));
    expect(renders).toBe(3);
  });

  test('stays with one conversation and one subscription over renderings, and lets go of it at the end', () => {
    const seen = new Set<unknown>();
    for (let i = 0; i < 3; i++) render(createElement(Talk, { seen: (used) => seen.add(used.conversation) }));
    expect(seen.size).toBe(1);
    expect(talkTo('2').listeners.size).toBe(1);
    act(() => root.render(null));
    expect(talkTo('2').listeners.size).toBe(0);
  });

  test('goes to another conversation with its target', () => {
    render(createElement(Talk, { person: '2' }));
    act(() => talkTo('2').set(saying('from two')));
    render(createElement(Talk, { person: '3' }));
    act(() => talkTo('3').set(saying('from three')));
    expect(main.textContent).toBe('from three');
    expect(talkTo('2').listeners.size).toBe(0);
  });

  test('two components show the same at the same time', () => {
    const pairs: string[] = [];
    render(createElement(Twice, { seen: (outer, inner) => pairs.push(`${outer}=${inner}`) }));
    act(() => talkTo('2').set(saying('one')));
    act(() => talkTo('2').set(saying('one', 'two')));
    expect(pairs).toEqual(['0=0', '1=1', '2=2']);
  });

  test('in strict mode nothing is left behind', () => {
    render(createElement(StrictMode, {}, createElement(Talk)));
    expect(talkTo('2').listeners.size).toBe(1);
  });
});

test('useUnread renders only when the number is another one', () => {
  let renders = 0;
  const rendered = () => {
    renders += 1;
  };
  render(createElement(Unread, { rendered }));
  act(() => list.set({ ...list.view, totalUnread: 2 }));
  act(() => list.set({ ...list.view, sync: { name: 'current', seq: 4 } }));
  expect([main.textContent, renders]).toEqual(['2', 2]);
});

test('useConversations shows the list, also when it is rendered on a server', () => {
  render(createElement(List));
  act(() => list.set({ ...list.view, sync: { name: 'current', seq: 1 } }));
  expect(main.textContent).toBe('current');
  expect(renderToString(withClient(createElement(List)))).toBe('current');
});

test('a hook without a provider says what is missing', () => {
  expect(() => renderToString(createElement(Lost))).toThrow('<SkeinProvider client={...}>');
});
