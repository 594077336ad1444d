import type { Attachment } from "@chinwag/protocol";
import { FileCard } from "./file-card.tsx";
import { Player } from "./player.tsx";

interface Props {
  readonly file: Attachment;
  /** The message it belongs to. */
  readonly seq: number;
}

/** A file of a message that is not a picture. Loaded with the first of them. */
const OtherFile = ({ file, seq }: Props) =>
  /^(audio|video)\//.test(file.type) ? <Player file={file} seq={seq} /> : <FileCard file={file} />;

export default OtherFile;
