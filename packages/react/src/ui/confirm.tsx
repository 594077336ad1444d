import type { ReactNode } from "react";
import { useText } from "../language/index.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Actions, Form } from "./form.tsx";
import { useRequest } from "./use-request.ts";

interface Props {
  readonly title: string;
  readonly about: ReactNode;
  /** What the button that does it says, such as "Remove". */
  readonly action: string;
  /** What the button that changes nothing says, if not "Cancel". */
  readonly cancel?: string;
  /** Does it. If it fails, the dialog stays and shows why. */
  readonly onConfirm: () => Promise<unknown> | undefined;
  readonly onClose: () => void;
}

/** Asks before something that cannot be undone. */
export const Confirm = ({ title, about, action, cancel, onConfirm, onClose }: Props) => {
  const t = useText();
  const { busy, problem, run } = useRequest();
  const confirm = async () => {
    if (await run(async () => onConfirm())) onClose();
  };
  return (
    <Dialog kind="alert" title={title} about={about} onClose={onClose}>
      <Form onSubmit={confirm} problem={problem}>
        <Actions>
          <Button autoFocus onClick={onClose}>
            {cancel ?? t("cancel")}
          </Button>
          <Button type="submit" look="danger" disabled={busy}>
            {action}
          </Button>
        </Actions>
      </Form>
    </Dialog>
  );
};
