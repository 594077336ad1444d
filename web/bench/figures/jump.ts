import { Script } from "../../e2e/support/script";
import { figure } from "../figure";
import { quoteIn } from "../page/selectors";
import { ARCHIVE, BACK, REPLY, VIEWER } from "../seed/names";
import type { Stand } from "../stand";

export const jump = figure({
  name: "jump",
  scene: "archive",
  lines: {
    time: { label: "jump 10,000 messages back: click on a quote → original drawn", unit: "ms", atMost: 300 },
    requests: { label: "HTTP requests of that jump", unit: "" },
  },
  async measure(stand) {
    const text = await originalText(stand);
    return stand.visit(ARCHIVE, { text: REPLY }, async (visit) => {
      let requests = 0;
      visit.page.on("request", () => (requests += 1));
      const click = () => quoteIn(visit.page, REPLY).click();
      const time = await visit.afterClick(click, { text, not: REPLY });
      return { time: [time], requests: [requests] };
    });
  },
});

const originalText = async (stand: Stand): Promise<string> => {
  const script = await Script.signIn(stand.url, VIEWER);
  const { messages } = await script.get<{ messages: { original_message?: { seq: number; text: string } }[] }>(
    `/messages/${ARCHIVE}?limit=1`,
  );
  const original = messages[0]?.original_message;
  if (!original) throw new Error(`the newest message of ${ARCHIVE} does not reply to one ${BACK} back`);
  // What is drawn has no formatting characters, but each message ends with its number.
  return /\(\d+\)$/.exec(original.text)?.[0] ?? original.text;
};
