import { describe, expect, it } from "vitest";
import { world } from "./support/world";

describe("the documentation", () => {
  const here = world("ana");

  it("shows the API of this server, and tries it", async () => {
    const reader = await here.visitor(`${here.server.url}/docs`);
    expect(new URL(reader.page.url()).pathname).toBe("/docs/");
    await reader.page.getByRole("heading", { name: /Chinwag/ }).waitFor();
    const ready = reader.page.locator("#operations-operation-get_readyz");
    await ready.locator(".opblock-summary-control").click();
    await ready.getByRole("button", { name: "Execute" }).click();
    await ready.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
    await reader.shot("docs");
  });
});
