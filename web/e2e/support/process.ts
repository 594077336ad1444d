import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";

/** `kill -9`: no goodbye to anybody. */
export const kill = async (child: ChildProcess | undefined): Promise<void> => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
};

/** Asks again, a little apart, until the answer is yes. */
export const until = async (yes: () => Promise<boolean>): Promise<void> => {
  const giveUp = Date.now() + 10_000;
  while (!(await yes().catch(() => false))) {
    if (Date.now() > giveUp) throw new Error(`still no after ten seconds: ${yes}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

/** Ports that are free now, all held until the last is known so that they differ. */
export const freePorts = async (count: number): Promise<number[]> => {
  const held = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer();
      await new Promise<void>((ready) => probe.listen(0, "127.0.0.1", ready));
      return probe;
    }),
  );
  const ports = held.map((probe) => (probe.address() as { port: number }).port);
  await Promise.all(held.map((probe) => new Promise((closed) => probe.close(closed))));
  return ports;
};
