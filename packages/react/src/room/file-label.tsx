import { FileText } from "lucide-react";
import { sizeInWords } from "../ui/size.ts";

interface Props {
  readonly file: { readonly name: string; readonly size: number };
}

/** The name and size of a file, in a card. */
export const FileLabel = ({ file: { name, size } }: Props) => (
  <>
    <FileText size={26} strokeWidth={1.6} />
    <span>
      <strong>
        <bdi>{name}</bdi>
      </strong>
      <small>{sizeInWords(size)}</small>
    </span>
  </>
);
