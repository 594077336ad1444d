import type { TabMessage, Tabs } from "../ports.ts";

/** Connects to the other tabs of this server in this browser. */
export const tabs = (name: string, listener: (message: TabMessage) => void): Tabs => {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => listener(data);
  return {
    tell: (message) => channel.postMessage(message),
    close: () => channel.close(),
  };
};
