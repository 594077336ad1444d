import type { Messages } from "@chinwag/protocol";
import { describe, it } from "vitest";
import { PASSWORD, world } from "./support/world";

describe("a message that can't be drawn", () => {
  const here = world("ana", "bo");

  it("leaves the others in their place", async () => {
    const script = await here.script("bo");
    for (const text of ["before", "broken", "after"]) await script.say("general", text);
    const ana = await here.visitor();
    // React tells of the error, too.
    ana.expected.push(/Invalid time value|RangeError|The above error/);
    await ana.page.route(/\/messages\/general/, async (route) => {
      const answer = await route.fetch();
      const page = (await answer.json()) as Messages;
      for (const message of page.messages) if (message.text === "broken") message.sent_at = "one day";
      await route.fulfill({ response: answer, json: page });
    });
    await ana.signIn("ana", PASSWORD);
    await ana.sees("before");
    await ana.log.getByText("This message can’t be shown.").first().waitFor();
    await ana.say("still here");
  });
});
