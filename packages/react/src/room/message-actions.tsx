import type { Message } from "@chinwag/protocol";
import { lazy, type ReactNode, Suspense, useState } from "react";

const MessageItems = lazy(() =>
  import("./message-menu.tsx").then(({ MessageItems }) => ({ default: MessageItems })),
);
const DeleteDialog = lazy(() =>
  import("./message-menu.tsx").then(({ DeleteDialog }) => ({ default: DeleteDialog })),
);

interface Props {
  readonly message: Message;
  readonly mine: boolean;
  readonly onAnswer: () => void;
}

/** What can be done with a message: the items of its menu, and what they open, which is drawn outside of the menu. */
export const useMessageActions = (props: Props): { items: ReactNode; dialog: ReactNode } => {
  const [deleting, setDeleting] = useState(false);
  return {
    items: <MessageItems {...props} onDelete={() => setDeleting(true)} />,
    dialog: deleting && (
      <Suspense>
        <DeleteDialog message={props.message} onClose={() => setDeleting(false)} />
      </Suspense>
    ),
  };
};
