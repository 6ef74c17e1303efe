import type { Millis } from '@skein/chat';
import type { Transport } from './transport.ts';

/** Once this much of what may be unsent has left, a reader that had been too slow is fed again. */
const resumeShare = 0.5;

export interface FlowLimits {
  readonly unsentBytes: number;
  readonly stallTimeoutMs: Millis;
}

/** How one client keeps up with what is written to it. */
export class Flow {
  private readonly transport: Transport;
  private readonly limits: FlowLimits;
  private stalledSince: Millis | undefined;
  private sentAtStall = 0;

  constructor(transport: Transport, limits: FlowLimits) {
    this.transport = transport;
    this.limits = limits;
  }

  /** More is unsent than may be: nothing is added until it has left. */
  get congested(): boolean {
    return this.stalledSince !== undefined;
  }

  /** Something was written. */
  written(now: Millis): void {
    if (this.congested || this.transport.unsent <= this.limits.unsentBytes) return;
    this.stalledSince = now;
    this.sentAtStall = this.transport.sent;
  }

  /** Something has left: true when that ends a congestion. */
  drained(): boolean {
    if (!this.congested || this.transport.unsent > this.limits.unsentBytes * resumeShare) return false;
    this.stalledSince = undefined;
    return true;
  }

  /** Whether a congested reader has taken nothing for too long. */
  isStalled(now: Millis): boolean {
    if (this.stalledSince === undefined) return false;
    const { sent } = this.transport;
    if (sent > this.sentAtStall) {
      this.sentAtStall = sent;
      this.stalledSince = now;
    }
    return now - this.stalledSince >= this.limits.stallTimeoutMs;
  }
}
