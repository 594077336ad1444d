import { type Block, type Inline, type Item, type Link, parse, type Table } from "@chinwag/client/text";
import { Square, SquareCheck } from "lucide-react";
import { createContext, Fragment, memo, type ReactNode, useContext, useMemo } from "react";
import { useText } from "../language/index.ts";
import { CodeBlock } from "./code-block.tsx";
import styles from "./message-text.module.css";
import { Spoiler } from "./spoiler.tsx";

/** My name. */
const DrawingContext = createContext("");

interface Props {
  readonly text: string;
  /** The names of people that it may mention, one on each line. */
  readonly names: string;
  readonly me: string;
}

/**
 * Draws a message's text as React elements. No HTML is built from strings, so a message can never inject markup. A
 * picture's address is only a link: a message must not make every reader's browser contact another server.
 */
export const DrawnText = memo(({ text, names, me }: Props) => {
  const blocks = useMemo(() => {
    const known = new Set(names.split("\n"));
    return parse(text, (name) => known.has(name));
  }, [text, names]);
  return <DrawingContext value={me}>{drawBlocks(blocks, "auto")}</DrawingContext>;
});

/** Parts of a text have no identity and are never reordered, so their index is their key. */
const keyed = <T,>(parts: readonly T[], draw: (part: T) => ReactNode): ReactNode =>
  // biome-ignore lint/suspicious/noArrayIndexKey: see above
  parts.map((part, index) => <Fragment key={index}>{draw(part)}</Fragment>);

type Direction = "auto" | undefined;

/**
 * Each outermost block has the direction of its first letter with one. Those inside have no `dir`, because then their
 * letters would not count for the list or the quote around them.
 */
const drawBlocks = (blocks: readonly Block[], dir?: Direction): ReactNode =>
  keyed(blocks, (block) => drawBlock(block, dir));

const drawParts = (parts: readonly Inline[]): ReactNode => keyed(parts, drawPart);

const drawBlock = (block: Block, dir: Direction): ReactNode => {
  switch (block.type) {
    case "paragraph":
      return <p dir={dir}>{drawParts(block.inside)}</p>;
    case "heading":
      // Not among the headings of the page, which a message must not change.
      return (
        <p dir={dir} className={styles.heading}>
          {drawParts(block.inside)}
        </p>
      );
    case "code":
      return <CodeBlock language={block.language} text={block.text} />;
    case "quote":
      return <blockquote dir={dir}>{drawBlocks(block.blocks)}</blockquote>;
    case "list":
      return <DrawnList items={block.items} dir={dir} />;
    case "table":
      return <DrawnTable table={block} dir={dir} />;
    case "gap":
      return (
        <p dir={dir} aria-hidden="true">
          {"\n".repeat(block.lines)}
        </p>
      );
  }
};

const drawPart = (part: Inline): ReactNode => {
  switch (part.type) {
    case "text":
      return part.text;
    case "bold":
      return <strong>{drawParts(part.inside)}</strong>;
    case "italic":
      return <em>{drawParts(part.inside)}</em>;
    case "struck":
      return <del>{drawParts(part.inside)}</del>;
    case "spoiler":
      return <DrawnSpoiler>{drawParts(part.inside)}</DrawnSpoiler>;
    case "code":
      return <code>{part.text}</code>;
    case "mention":
      return <DrawnMention name={part.name} text={part.text} />;
    case "link":
      return <DrawnLink link={part} />;
  }
};

const DrawnSpoiler = ({ children }: { children: ReactNode }) => {
  const t = useText();
  return <Spoiler label={t("text.spoiler")}>{children}</Spoiler>;
};

const DrawnMention = ({ name, text }: { name: string; text: string }) => {
  const me = useContext(DrawingContext);
  const isForMe = name === me || name === "room" || name === "here";
  return <span className={isForMe ? styles.mentionOfMe : styles.mention}>{text}</span>;
};

const DrawnLink = ({ link: { href, inside, leadsTo } }: { link: Link }) => (
  <>
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {drawParts(inside)}
    </a>
    {leadsTo !== undefined && <bdi className={styles.leadsTo}> ({leadsTo})</bdi>}
  </>
);

/** Numbers are text, as they were typed, so that they are copied and found, too. */
const DrawnList = ({ items, dir }: { items: readonly Item[]; dir: Direction }) => {
  const List = /\d/.test(items[0]?.marker ?? "") ? "ol" : "ul";
  return (
    <List dir={dir}>
      {keyed(items, (item) => (
        <li>
          <span className={styles.marker}>
            <Marker item={item} />
          </span>
          <div>{drawBlocks(item.blocks)}</div>
        </li>
      ))}
    </List>
  );
};

const Marker = ({ item: { marker, done } }: { item: Item }) => {
  const t = useText();
  if (done === undefined) return /\d/.test(marker) ? marker : "•";
  return done ? (
    <SquareCheck size={16} role="img" aria-label={t("text.done")} />
  ) : (
    <Square size={16} role="img" aria-label={t("text.notDone")} />
  );
};

const DrawnTable = ({ table: { align, head, rows }, dir }: { table: Table; dir: Direction }) => {
  const t = useText();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard, too
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div className={styles.table} dir={dir} role="group" aria-label={t("text.table")} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, column) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: see `keyed`
              <th key={column} scope="col" data-align={align[column]}>
                {drawParts(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keyed(rows, (row) => (
            <tr>
              {row.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: see `keyed`
                <td key={column} data-align={align[column]}>
                  {drawParts(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};
