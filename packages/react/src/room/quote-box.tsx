import { plain } from "@chinwag/client/text";
import type { Quote } from "@chinwag/protocol";
import styles from "./message.module.css";

/** The quote of the message that is answered; clicking it goes there. */
export const QuoteBox = ({ quote, onClick }: { quote: Quote; onClick?: () => void }) => (
  <button type="button" className={styles.quote} onClick={onClick} disabled={!onClick} data-quote={quote.seq}>
    <strong>
      <bdi>{quote.sender}</bdi>
    </strong>
    <span>
      <bdi>{plain(quote.text)}</bdi>
    </span>
  </button>
);
