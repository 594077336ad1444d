// Chats from a terminal: every line typed is sent, every message is shown.
//   CHINWAG_TOKEN=… node node-chat.mjs http://127.0.0.1:8080 general
import { createInterface } from "node:readline";
import { connect } from "@chinwag/client";

const [url = "http://127.0.0.1:8080", topic = "general"] = process.argv.slice(2);
const chat = await connect({
  url,
  token: process.env.CHINWAG_TOKEN,
  notice: (notice) => console.error(notice),
  signedOut: (why) => process.exit(why === "here" ? 0 : 1),
});

chat.onEvent((event) => {
  if (event.topic === topic && event.type === "message") console.log(`${event.sender}: ${event.text}`);
});

let last = Promise.resolve();
for await (const text of createInterface({ input: process.stdin })) {
  if (text.trim() !== "") last = chat.delivered(chat.say({ topic, text }));
}
await last;
chat.stop();
