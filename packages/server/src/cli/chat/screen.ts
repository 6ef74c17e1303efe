import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline';
import type { Terminal } from '../command.ts';

/** Lines in and out: beside a prompt where a person types, plain where a program does. */
export class Screen {
  private readonly terminal: Terminal;
  private lines: Interface | undefined;
  readonly isInteractive: boolean;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.isInteractive = terminal.in.isTTY === true;
  }

  /** Calls back for each line, and at the end of the input or Ctrl-C. Until it is called, none is read. */
  read(onLine: (line: string) => void, onEnd: () => void): void {
    const { in: input, out } = this.terminal;
    const lines = createInterface({ input, ...(this.isInteractive && { output: out }), prompt: '> ' });
    this.lines = lines;
    lines.on('line', (line) => {
      onLine(line);
      this.prompt();
    });
    lines.on('SIGINT', () => lines.close());
    lines.on('close', () => {
      this.lines = undefined;
      onEnd();
    });
    this.prompt();
  }

  /** Shows a line above what is being typed. */
  show(line: string): void {
    const { out } = this.terminal;
    if (this.isInteractive) {
      cursorTo(out, 0);
      clearLine(out, 0);
    }
    out.write(`${line}\n`);
    this.prompt();
  }

  close(): void {
    this.lines?.close();
  }

  private prompt(): void {
    if (this.isInteractive) this.lines?.prompt(true);
  }
}

/**
 * Content as a terminal may show it: without control characters, which could move its cursor or set its title, and
 * without those that turn the direction of writing round.
 */
export function printable(content: string): string {
  return content
    .replace(/\r?\n/g, ' ⏎ ')
    .replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD');
}
