// Fails on a text for people that is in the source and not in the catalogues: text between tags, in attributes and
// properties that are shown or read aloud, and in what is told by a notice.
// Usage: node no-literals.mjs FOLDER…

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseSync } from "vite";

/** Attributes and properties whose value people see or hear. */
const SHOWN = new Set(
  `about action alt aria-description aria-label aria-roledescription aria-valuetext cancel data-tip description done hint
  label placeholder problem text title words`.split(/\s+/),
);

/** Functions that show the text which they are given. */
const SHOWING = new Set(["notify", "setDone", "setProblem"]);

/** The product's name is the same in every language, and so is the key's on a Mac. */
const NAMES = /Chinwag|chinwag|⌘K/g;

const hasWords = (text) => /\p{L}/u.test(text.replace(NAMES, ""));

/** The name of a property, an attribute or a function. */
const nameOf = (node) => node?.name?.name ?? node?.name ?? node?.value;

/** The texts that an expression may have as its value. What a call returns comes from elsewhere. */
const textsIn = (node) => {
  switch (node?.type) {
    case "JSXExpressionContainer":
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      return textsIn(node.expression);
    case "Literal":
      return typeof node.value === "string" ? [node] : [];
    case "TemplateLiteral":
      return [
        ...node.quasis.filter(({ value }) => hasWords(value.raw)),
        ...node.expressions.flatMap(textsIn),
      ];
    case "ConditionalExpression":
      return [...textsIn(node.consequent), ...textsIn(node.alternate)];
    case "LogicalExpression":
      return [...(node.operator === "&&" ? [] : textsIn(node.left)), ...textsIn(node.right)];
    case "BinaryExpression":
      return node.operator === "+" ? [...textsIn(node.left), ...textsIn(node.right)] : [];
    default:
      return [];
  }
};

/** The nodes with texts that this node shows. */
const shownBy = (node) => {
  switch (node.type) {
    case "JSXText":
      return [node];
    case "JSXElement":
    case "JSXFragment":
      return node.children.filter(({ type }) => type === "JSXExpressionContainer").flatMap(textsIn);
    case "JSXAttribute":
      return SHOWN.has(nameOf(node)) ? textsIn(node.value) : [];
    case "Property":
      return SHOWN.has(nameOf(node.key)) ? textsIn(node.value) : [];
    case "CallExpression":
      return SHOWING.has(nameOf(node.callee)) ? node.arguments.flatMap(textsIn) : [];
    default:
      return [];
  }
};

const wordsOf = ({ value, raw }) => (typeof value === "string" ? value : (raw ?? value.raw));

const visit = (node, found) => {
  if (Array.isArray(node)) for (const each of node) visit(each, found);
  else if (typeof node?.type === "string") {
    for (const shown of shownBy(node)) if (hasWords(wordsOf(shown))) found.push(shown);
    for (const child of Object.values(node)) if (typeof child === "object") visit(child, found);
  }
};

/** The texts in a source file, each with its line. */
const literalsIn = (name, source) => {
  const { program, errors } = parseSync(name, source);
  if (errors.length > 0) throw new Error(`${name}: ${errors[0].message}`);
  const found = [];
  visit(program, found);
  return found.map((node) => {
    const line = source.slice(0, node.start).split("\n").length;
    return `${line}: ${wordsOf(node).trim().replaceAll(/\s+/g, " ")}`;
  });
};

// A check that finds nothing must be one that would.
const SAMPLE =
  'notify("1"+"a"); const b = <p title="c">d {e ? "f" : `g`} {t("key")} chinwag {i && "j"}</p>; k({ label: "l" })';
const LETTERS = "acdfgjl";
const caught = literalsIn("sample.tsx", SAMPLE).map((each) => each.replace("1: ", ""));
if (caught.sort().join("") !== LETTERS) throw new Error(`of ${LETTERS}, only ${caught} were found`);

const isSource = (name) => /\.tsx?$/.test(name) && !/\.(test|gen|d)\.tsx?$/.test(name);

const found = process.argv.slice(2).flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter(isSource)
    .flatMap((name) => {
      const path = join(folder, name);
      return literalsIn(path, readFileSync(path, "utf8")).map((each) => `${relative(".", path)}:${each}`);
    }),
);
if (found.length > 0) {
  process.stderr.write(`Texts belong in packages/react/locales:\n${found.join("\n")}\n`);
  process.exitCode = 1;
}
