import { Lexer, type Token, type Tokens } from "marked";
import { Fragment, type ReactNode } from "react";

/**
 * Renders Markdown as React elements. The library only parses; no HTML is built from strings, so a message can never
 * inject markup. Image URLs stay links: a message must not make every reader's browser contact a third-party server.
 */
export const renderMarkdown = (text: string): ReactNode => {
  if (TOO_DEEP.test(text)) return <p dir="auto">{text}</p>;
  try {
    return blocks(new Lexer({ gfm: true, breaks: true }).lex(text));
  } catch {
    // The library throws on unlimited nesting; a message must not crash the page.
    return <p dir="auto">{text}</p>;
  }
};

/** Nine nested quotes or lists: nothing readable is nested so deeply. */
const TOO_DEEP = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])){9}/m;

const blocks = (tokens: readonly Token[]): ReactNode => keyed(tokens, block);

const inline = (tokens: readonly Token[] | undefined): ReactNode => keyed(tokens ?? [], span);

/** Tokens have no identity and are never reordered, so their index is their key. */
const keyed = (tokens: readonly Token[], draw: (token: Token) => ReactNode): ReactNode =>
  // biome-ignore lint/suspicious/noArrayIndexKey: see above
  tokens.map((token, index) => <Fragment key={`${index}${token.type}`}>{draw(token)}</Fragment>);

const block = (token: Token): ReactNode => {
  switch (token.type) {
    case "space":
      return null;
    case "paragraph":
      return <p dir="auto">{inline(token.tokens)}</p>;
    case "text":
      return token.tokens ? inline(token.tokens) : token.text;
    case "code":
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>;
    case "heading":
      return <h3 dir="auto">{inline(token.tokens)}</h3>;
    case "list":
      return list(token as Tokens.List);
    default:
      // Tables, rules and HTML are shown as typed.
      return <p dir="auto">{token.raw.trimEnd()}</p>;
  }
};

const list = ({ ordered, start, items }: Tokens.List): ReactNode => {
  // biome-ignore lint/suspicious/noArrayIndexKey: see `keyed`
  const inside = items.map((item, index) => <li key={`${index}${item.raw}`}>{blocks(item.tokens)}</li>);
  return ordered ? (
    <ol dir="auto" start={start === "" ? 1 : start}>
      {inside}
    </ol>
  ) : (
    <ul dir="auto">{inside}</ul>
  );
};

const span = (token: Token): ReactNode => {
  switch (token.type) {
    case "text":
    case "escape":
      return token.text;
    case "strong":
      return <strong>{inline(token.tokens)}</strong>;
    case "em":
      return <em>{inline(token.tokens)}</em>;
    case "del":
      return <del>{inline(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return link(token as Tokens.Link);
    default:
      return token.raw;
  }
};

const SAFE = /^(https?:\/\/|mailto:)/i;

const link = ({ href, tokens, raw }: Tokens.Link): ReactNode =>
  SAFE.test(href) ? (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {inline(tokens)}
    </a>
  ) : (
    raw
  );
