import type { ChildProcess } from "node:child_process";
import { type AddressInfo, createServer, type Server } from "node:net";

/** Ends a process, by default at once, and waits until it is gone. */
export const kill = async (
  child: ChildProcess | undefined,
  signal: "SIGKILL" | "SIGTERM" = "SIGKILL",
): Promise<void> => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
};

/** Polls until the result is true; fails after 30 seconds. */
export const until = async (yes: () => Promise<boolean>): Promise<void> => {
  const giveUp = Date.now() + 30_000;
  while (!(await yes().catch(() => false))) {
    if (Date.now() > giveUp) throw new Error(`still no after half a minute: ${yes}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

/** Listens on a random port below the ephemeral range; returns undefined if it is in use. */
const hold = async (): Promise<Server | undefined> => {
  const server = createServer();
  const port = 11_000 + Math.floor(Math.random() * 21_000);
  const listens = new Promise<void>((ready, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", ready);
  });
  return await listens.then(
    () => server,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") return undefined;
      throw error;
    },
  );
};

/**
 * Returns free ports, all held open until the last one is found so that they differ. They lie outside the ephemeral
 * range,
 * so that a killed process can be restarted on the same ports: no outgoing connection can occupy one in the meantime.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const held: Server[] = [];
  while (held.length < count) {
    const server = await hold();
    if (server) held.push(server);
  }
  const ports = held.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
};
