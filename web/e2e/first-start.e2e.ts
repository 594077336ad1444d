import { describe, expect, it } from "vitest";
import { world } from "./support/world";

const PASSWORD = "a good long sentence";

describe("the first start", () => {
  const here = world();

  it("leads by the link to an administrator, who lets others in", async () => {
    const ana = await here.visitor(await here.server.setupLink);
    await ana.page.getByRole("heading", { name: "get you started" }).waitFor();
    await ana.shot("first-start");
    await ana.page.getByLabel("Your name").fill("ana");
    await ana.page.getByLabel("Password").fill(PASSWORD);
    await ana.page.getByRole("button", { name: "Create account" }).click();
    await ana.connected();
    await ana.enter(/general/i);
    expect(new URL(ana.page.url()).pathname).toBe("/");

    await ana.page.getByRole("button", { name: "New…" }).click();
    await ana.page.getByRole("menuitem", { name: "Add a person" }).click();
    await ana.page.getByLabel("Name", { exact: true }).fill("Bo");
    await ana.page.getByLabel("First password").fill("another good one");
    await ana.page.getByRole("button", { name: "Add", exact: true }).click();
    await ana.page.getByText("bo can sign in now").waitFor();
    await ana.page.keyboard.press("Escape");

    const bo = await here.visitor();
    await bo.page.getByRole("heading", { name: "Welcome back" }).waitFor();
    await bo.shot("sign-in");
    await bo.page.getByLabel("Name").fill("bo");
    await bo.page.getByLabel("Password").fill("a wrong one");
    await bo.page.getByRole("button", { name: "Sign in" }).click();
    await bo.page.getByRole("alert").waitFor();
    await bo.signIn("bo", "another good one");
    await ana.log.getByText(/bo joined|added bo/).waitFor();
  });

  it("works only once", async () => {
    const late = await here.visitor(await here.server.setupLink);
    await late.page.getByRole("heading", { name: "Welcome back" }).waitFor();
  });
});
