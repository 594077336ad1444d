import { useChat, useRoom } from "@chinwag/react";
import { useText } from "@chinwag/react/language";
import { Confirm } from "@chinwag/react/ui";
import { awayFrom } from "../app/route.ts";

interface Props {
  readonly topic: string;
  readonly onClose: () => void;
}

/** Asks before leaving a room. */
const LeaveRoomDialog = ({ topic, onClose }: Props) => {
  const t = useText();
  const chat = useChat();
  const room = useRoom(topic)?.room;
  if (!room) return null;
  return (
    <Confirm
      title={t("leave.ask", { room: room.title })}
      about={t(room.private ? "leave.private" : "leave.public")}
      action={t("leave.leave")}
      cancel={t("leave.stay")}
      onClose={onClose}
      onConfirm={async () => {
        await chat.leave(topic);
        awayFrom(topic);
      }}
    />
  );
};

export default LeaveRoomDialog;
