import { useChat, useRoom } from "@chinwag/react";
import { Confirm } from "@chinwag/react/ui";
import { awayFrom } from "../app/route.ts";

interface Props {
  readonly topic: string;
  readonly onClose: () => void;
}

/** Asks before leaving a room. */
const LeaveRoomDialog = ({ topic, onClose }: Props) => {
  const chat = useChat();
  const room = useRoom(topic)?.room;
  if (!room) return null;
  return (
    <Confirm
      title={`Leave ${room.title}?`}
      about={
        room.private
          ? "This room is private: somebody has to add you if you want to come back."
          : "You can come back whenever you like."
      }
      action="Leave"
      cancel="Stay"
      onClose={onClose}
      onConfirm={async () => {
        await chat.leave(topic);
        awayFrom(topic);
      }}
    />
  );
};

export default LeaveRoomDialog;
