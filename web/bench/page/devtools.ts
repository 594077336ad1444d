import type { CDPSession } from "playwright-core";

/** Starts to count the main thread's CPU time. Unlike wall-clock time, it hardly depends on what else the machine does. */
export const countCpu = async (devtools: CDPSession): Promise<void> => {
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
};

const metric = async (devtools: CDPSession, wanted: string): Promise<number> => {
  const { metrics } = await devtools.send("Performance.getMetrics");
  const found = metrics.find(({ name }) => name === wanted);
  if (!found) throw new Error(`Chromium has no metric ${wanted}`);
  return found.value;
};

/** Milliseconds of CPU that the main thread has used for tasks. */
export const cpuMs = async (devtools: CDPSession): Promise<number> =>
  1_000 * (await metric(devtools, "TaskDuration"));

/** Megabytes of JavaScript objects in use, after a garbage collection. */
export const heapMb = async (devtools: CDPSession): Promise<number> => {
  await devtools.send("Performance.enable");
  await devtools.send("HeapProfiler.collectGarbage");
  return (await metric(devtools, "JSHeapUsedSize")) / 1e6;
};
