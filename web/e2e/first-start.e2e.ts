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

    // The only button of an empty server leads where it says.
    await ana.page.getByRole("button", { name: "Add people" }).click();
    await ana.page.getByRole("dialog", { name: "Add a person" }).waitFor();
    await ana.page.getByLabel("Name", { exact: true }).fill("Bo");
    await ana.page.getByLabel("First password").fill("another good one");
    await ana.page.getByRole("button", { name: "Add", exact: true }).click();
    await ana.page.getByText("bo can sign in now").waitFor();
    await ana.page.keyboard.press("Escape");

    const bo = await here.visitor();
    await bo.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await bo.shot("sign-in");
    await bo.page.getByLabel("Name").fill("bo");
    await bo.page.getByLabel("Password").fill("a wrong one");
    await bo.page.getByRole("button", { name: "Sign in" }).click();
    await bo.page.getByRole("alert").waitFor();
    await bo.signIn("bo", "another good one");
    await ana.log.getByText(/bo joined|added bo/).waitFor();
  });

  it("is waited for by a page that finds no server", async () => {
    const early = await here.visitor("about:blank");
    early.expected.push(/net::ERR/);
    await early.page.route(/\/session$/, (route) => route.abort());
    await early.page.goto(here.server.url);
    await early.page.getByText("The server isn’t answering").waitFor();
    await early.page.unroute(/\/session$/);
    await early.page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("works only once", async () => {
    const late = await here.visitor(await here.server.setupLink);
    await late.page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
