import type { ConnectionView } from '@skein/sync';
import type { ConnectionState } from './connection/state.ts';
import type { Core } from './core/core.ts';

/** How the client stands to the server, and its sends to the log. */
export interface ConnectionStatusView extends ConnectionView {
  /** The line: connecting, online, waiting (until when, and why), closed. */
  readonly line: ConnectionState;
}

/** The state of the connection, for a banner or a dot. */
export class ConnectionStatus {
  readonly #core: Core;
  #view: ConnectionStatusView | undefined;
  #of: ConnectionView | undefined;

  /** Use `skein.connection`. */
  constructor(core: Core) {
    this.#core = core;
  }

  /** As of now; immutable, the same object until something changes. */
  get view(): ConnectionStatusView {
    const of = this.#core.connection();
    const line = this.#core.line();
    if (this.#view === undefined || of !== this.#of || line !== this.#view.line) {
      this.#of = of;
      this.#view = { ...of, line };
    }
    return this.#view;
  }

  /** Called at once, and whenever the view is another one. Answers how to stop. */
  subscribe(listener: (view: ConnectionStatusView) => void): () => void {
    let last = this.view;
    listener(last);
    return this.#core.subscribe(() => {
      if (this.view === last) return;
      last = this.view;
      listener(last);
    });
  }
}
