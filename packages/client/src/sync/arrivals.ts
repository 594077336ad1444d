interface Dependencies {
  /** Handles one packet. */
  take(topic: string, payload: Uint8Array): void;
  /** Runs `work` so that listeners hear of its changes once. */
  batch(work: () => void): void;
  /** Handles the error of one packet; the others are handled nevertheless. */
  failed(error: unknown): void;
  /** Calls `work` soon: in a visible page with the next frame, so that each frame draws once. */
  soon(work: () => void): void;
}

/** Packets that wait at most; more are handled at once, also if no frame comes. */
const MOST = 1_000;

/** Gathers the packets that arrive between two frames and handles them together. */
export class Arrivals {
  readonly #dependencies: Dependencies;
  #waiting: [topic: string, payload: Uint8Array][] = [];

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  add(topic: string, payload: Uint8Array): void {
    this.#waiting.push([topic, payload]);
    if (this.#waiting.length === 1) this.#dependencies.soon(this.takeAll);
    if (this.#waiting.length >= MOST) this.takeAll();
  }

  takeAll = (): void => {
    const packets = this.#waiting;
    this.#waiting = [];
    if (packets.length === 0) return;
    this.#dependencies.batch(() => {
      for (const packet of packets) this.#take(packet);
    });
  };

  #take([topic, payload]: [topic: string, payload: Uint8Array]): void {
    try {
      this.#dependencies.take(topic, payload);
    } catch (error) {
      this.#dependencies.failed(error);
    }
  }
}
