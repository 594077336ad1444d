import { describe, expect, it } from "vitest";
import { world } from "./support/world";

describe("the documentation", () => {
  const here = world("ana");

  it("shows the API of this server, and tries it", async () => {
    const reader = await here.visitor(`${here.server.url}/docs`);
    expect(new URL(reader.page.url()).pathname).toBe("/docs/");
    await reader.page.getByRole("heading", { name: /Chinwag/ }).waitFor();
    const alive = reader.page.locator("#operations-operation-get_healthz");
    await alive.locator(".opblock-summary-control").click();
    await alive.getByRole("button", { name: "Execute" }).click();
    await alive.locator(".live-responses-table .response-col_status", { hasText: "200" }).waitFor();
    await reader.shot("docs");
  });
});
