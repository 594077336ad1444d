import { describe, expect, it } from "vitest";
import type { Person } from "./support/browser";
import { PHONE, problems } from "./support/looks";
import { PASSWORD, world } from "./support/world";

const page = ({ page }: Person) =>
  page.evaluate(() => {
    const { lang, dir } = document.documentElement;
    return { lang, dir };
  });

/** The middle of an element, from the left. */
const middleOf = async (person: Person, selector: string): Promise<number> => {
  const box = await person.page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`${selector} is not drawn`);
  return box.x + box.width / 2;
};

describe("the page", () => {
  const here = world("ana", "bo");

  it.each([
    ["on a desktop", {}],
    ["on a phone", PHONE],
  ])("is Arabic for an Arabic browser, from right to left, %s", async (_, look) => {
    const script = await here.script("bo");
    await script.say("general", "Hello, **everybody**");
    const ana = await here.visitor(here.server.url, { locale: "ar", ...look });
    await ana.page.getByRole("heading", { name: "تسجيل الدخول" }).waitFor();
    expect(await page(ana)).toEqual({ lang: "ar", dir: "rtl" });
    expect(await problems(ana)).toEqual([]);
    await ana.trySignIn("ana", "not the password");
    await ana.page.getByText("الاسم أو كلمة المرور غير صحيحة.").waitFor();
    await ana.trySignIn("ana", PASSWORD);
    await ana.connected();

    await ana.page.goto(`${here.server.url}/#/general`);
    const composer = ana.page.getByRole("textbox", { name: /^رسالة إلى/ });
    await composer.fill("صباح الخير");
    await ana.page.getByRole("button", { name: "إرسال", exact: true }).click();
    const said = ana.page.getByRole("article", { name: /^أنت، / }).filter({ hasText: "صباح الخير" });
    await said.last().getByLabel("أُرسلت").waitFor();
    expect(await problems(ana)).toEqual([]);
    // What I said stands at the left, where lines end, and what others said at the right.
    const own = await middleOf(ana, "article:has([dir=auto]):has-text('صباح الخير') p");
    expect(own).toBeLessThan(await middleOf(ana, "article:has-text('Hello, everybody') p"));
    expect(await middleOf(ana, "footer [aria-label='إرسال']")).toBeLessThan(
      await middleOf(ana, "footer textarea"),
    );
  });

  it("tells in Arabic why something was refused", async () => {
    const ana = await here.visitor(here.server.url, { locale: "ar-EG" });
    await ana.trySignIn("ana", PASSWORD);
    await ana.connected();
    await ana.page.getByRole("button", { name: "جديد…" }).click();
    await ana.page.getByRole("menuitem", { name: "إنشاء غرفة" }).click();
    await ana.page.getByLabel("العنوان").fill("general");
    ana.expected.push(/status of 409/);
    await ana.page.getByRole("button", { name: "إنشاء الغرفة" }).click();
    await ana.page
      .getByRole("alert")
      .filter({ hasText: /معرّف الغرفة .*general.* مستخدم/ })
      .waitFor();
    expect(await problems(ana)).toEqual([]);
  });

  it("changes its language at once, keeps it, and never shows another before", async () => {
    const bo = await here.person("bo");
    await bo.page.goto(`${here.server.url}/#/general`);
    await bo.composer.waitFor();
    expect(await page(bo)).toEqual({ lang: "en-GB", dir: "ltr" });
    await bo.page.getByRole("button", { name: "Settings" }).click();
    await bo.page.getByLabel("Language").selectOption({ label: "Deutsch" });
    await bo.page.getByRole("heading", { name: "Einstellungen" }).waitFor();
    await bo.page.getByRole("tab", { name: "Allgemein" }).waitFor();
    expect(await page(bo)).toEqual({ lang: "de", dir: "ltr" });
    expect(await problems(bo)).toEqual([]);
    // The messages behind the dialog change, too.
    await bo.page.keyboard.press("Escape");
    await bo.page.getByRole("region", { name: "Nachrichten in general" }).waitFor();

    await bo.page.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      new MutationObserver(() => {
        const { body } = document;
        if (body)
          seen.push(`${body.textContent} ${body.innerHTML.match(/(label|placeholder|title)="[^"]*"/g)}`);
      }).observe(document, { childList: true, subtree: true, attributes: true });
    });
    await bo.page.reload();
    const composer = bo.page.getByRole("textbox", { name: /^Nachricht an/ });
    await composer.waitFor();
    await bo.connected();
    const seen = await bo.page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen);
    expect(seen.length).toBeGreaterThan(0);
    expect(
      seen.filter((text) => /Loading|Connecting|Direct messages|Message general|Rooms and/.test(text)),
    ).toEqual([]);

    await bo.page.getByRole("button", { name: "Einstellungen" }).click();
    await bo.page.getByLabel("Sprache").selectOption({ label: "العربية" });
    await bo.page.getByRole("heading", { name: "الإعدادات" }).waitFor();
    expect(await page(bo)).toEqual({ lang: "ar", dir: "rtl" });
    await bo.page.getByLabel("اللغة").selectOption({ index: 0 });
    await bo.page.getByRole("heading", { name: "Settings" }).waitFor();
    expect(await page(bo)).toEqual({ lang: "en-GB", dir: "ltr" });
  });

  it("can be changed before one signs in, and stays so", async () => {
    const ana = await here.visitor();
    await ana.page.getByRole("heading", { name: "Sign in" }).waitFor();
    await ana.page.getByLabel("Name").fill("ana");
    await ana.page.getByRole("combobox", { name: "Language" }).selectOption({ label: "Français" });
    await ana.page.getByRole("heading", { name: "Se connecter" }).waitFor();
    expect(await page(ana)).toEqual({ lang: "fr", dir: "ltr" });
    // What was written stays.
    expect(await ana.page.locator("[name=username]").inputValue()).toBe("ana");
    expect(await problems(ana)).toEqual([]);
    await ana.page.reload();
    await ana.page.getByRole("heading", { name: "Se connecter" }).waitFor();
    await ana.page.getByRole("combobox", { name: "Langue" }).selectOption({ label: "العربية" });
    await ana.page.getByRole("heading", { name: "تسجيل الدخول" }).waitFor();
    expect(await page(ana)).toEqual({ lang: "ar", dir: "rtl" });
    await ana.shot("sign-in-arabic");
  });

  it("can be changed on the page of the first start", async () => {
    // As on a server where nobody has an account.
    const ana = await here.visitor("about:blank");
    await ana.page.route(/\/setup$/, (route) =>
      route.request().resourceType() === "document"
        ? route.continue()
        : route.fulfill({ json: { needed: true, accounts: false } }),
    );
    await ana.page.goto(here.server.url);
    await ana.page.getByRole("combobox", { name: "Language" }).selectOption({ label: "Deutsch" });
    await ana.page.getByRole("button", { name: "Konto erstellen" }).waitFor();
  });
});
