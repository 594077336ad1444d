import type { Room } from "@chinwag/protocol";
import { useChat } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Button, Dialog, Field, Form, Spinner, useRequest } from "@chinwag/react/ui";
import list from "@chinwag/react/ui/list.module.css";
import { Hash } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "../../api.ts";
import { openDialog } from "../app/open-dialog.ts";
import { goToRoom } from "../app/route.ts";

/** Number of rooms above which a search field is shown. */
const SEARCHED = 6;

/** Lists public rooms that I am not a member of. */
const BrowseDialog = ({ onClose }: { onClose: () => void }) => {
  const t = useText();
  const chat = useChat();
  const [rooms, setRooms] = useState<readonly Room[]>();
  const [wanted, setWanted] = useState("");
  const { busy, problem, run } = useRequest();

  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the dialog opens
  useEffect(() => {
    void run(async () => setRooms((await api.joinable()).rooms));
  }, []);

  const join = async (topic: string) => {
    const joined = await run(async () => goToRoom((await chat.join(topic)).topic));
    if (joined) onClose();
  };

  const words = wanted.toLowerCase().split(/\s+/);
  const shown = rooms?.filter((room) => {
    const text = `${room.title} ${room.topic} ${room.purpose}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  return (
    <Dialog title={t("action.browse")} about={t("browse.about")} onClose={onClose}>
      {((rooms && rooms.length > SEARCHED) || problem) && (
        <Form onSubmit={() => shown?.[0] && void join(shown[0].topic)} problem={problem}>
          <Field
            label={t("browse.find")}
            placeholder={t("browse.findExample")}
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
        </Form>
      )}
      {!rooms && busy && <Spinner label={t("browse.loading")} />}
      {rooms && shown?.length === 0 && (
        <div className={list.empty} role="status">
          <p>{t(wanted ? "browse.none" : "browse.all")}</p>
          <Button look="primary" onClick={() => openDialog({ dialog: "create", title: wanted.trim() })}>
            {t("action.createRoom")}
          </Button>
        </div>
      )}
      <ul className={list.list}>
        {shown?.map((room) => (
          <li key={room.topic} className={list.item}>
            <span className={list.glyph}>
              <Hash size={19} />
            </span>
            <div className={list.text}>
              <strong>
                <bdi className="cut">{room.title}</bdi>
              </strong>
              <small>
                {t("members.count", { count: room.members })}
                {room.purpose && (
                  <>
                    {" "}
                    · <bdi>{room.purpose}</bdi>
                  </>
                )}
              </small>
            </div>
            <Button
              small
              disabled={busy}
              onClick={() => join(room.topic)}
              aria-label={t("room.joinOne", { room: room.title })}
            >
              {t("room.join")}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
};

export default BrowseDialog;
