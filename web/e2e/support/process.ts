import type { ChildProcess } from "node:child_process";
import { type AddressInfo, createServer, type Server } from "node:net";

/** `kill -9`: no goodbye to anybody. */
export const kill = async (child: ChildProcess | undefined): Promise<void> => {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
};

/** Asks again, a little apart, until the answer is yes. */
export const until = async (yes: () => Promise<boolean>): Promise<void> => {
  const giveUp = Date.now() + 30_000;
  while (!(await yes().catch(() => false))) {
    if (Date.now() > giveUp) throw new Error(`still no after half a minute: ${yes}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

/** A server on a port that the system gives to no connection by itself; nothing, where somebody listens already. */
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
 * Ports that are free now, all held until the last is known so that they differ. What was killed is started again on
 * the same ones: meanwhile a browser's own connection must not come to lie there.
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
