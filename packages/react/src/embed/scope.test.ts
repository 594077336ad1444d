import postcss from "postcss";
import { describe, expect, it } from "vitest";
import { scope } from "../../build/scope.ts";

/** The styles of a file after the build's own step, without the spaces between. */
const scoped = async (from: string, css: string): Promise<string> =>
  (await postcss([scope]).process(css, { from })).css.replaceAll(/\s+/g, " ").trim();

describe("the package's styles", () => {
  it("apply within its elements only, and for more than what a page says of elements", async () => {
    expect(await scoped("src/ui/elements.css", "button, a:hover { color: red }")).toBe(
      ".chinwag.chinwag button, .chinwag.chinwag a:hover { color: red }",
    );
    expect(await scoped("src/ui/menu.module.css", ".menu { & h2 { margin: 0 } }")).toBe(
      ":global(.chinwag.chinwag) .menu { & h2 { margin: 0 } }",
    );
    expect(await scoped("src/ui/menu.module.css", "@keyframes rise { from { opacity: 0 } }")).toBe(
      "@keyframes rise { from { opacity: 0 } }",
    );
    expect(await scoped("src/ui/tokens.css", ".chinwag { --ink: red }")).toBe(".chinwag { --ink: red }");
  });

  it("ask for the size of the room's box instead of the window's, but not those of dialogs", async () => {
    const css = "@media (max-width: 760px) { .x { max-height: 40dvh } }";
    expect(await scoped("src/room/room.module.css", css)).toBe(
      "@container chinwag-room (max-width: 760px) { :global(.chinwag.chinwag) .x { max-height: 40cqh } }",
    );
    expect(await scoped("src/ui/dialog.module.css", css)).toBe(
      "@media (max-width: 760px) { :global(.chinwag.chinwag) .x { max-height: 40dvh } }",
    );
    const pointer = "@media (pointer: coarse) { .x { height: 44px } }";
    expect(await scoped("src/room/room.module.css", pointer)).toContain("@media (pointer: coarse)");
  });
});
