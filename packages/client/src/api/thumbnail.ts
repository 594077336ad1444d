import { THUMBNAIL_LARGE, THUMBNAIL_SMALL } from "@chinwag/protocol";

/** The types of pictures of which the server makes thumbnails. */
const DRAWN = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);

/** The longest side of a thumbnail in pixels, for messages and for looking at a picture. */
export type ThumbnailSize = "small" | "large";

const PIXELS: Record<ThumbnailSize, number> = { small: THUMBNAIL_SMALL, large: THUMBNAIL_LARGE };

interface Picture {
  readonly type: string;
  readonly width?: number | null;
  readonly height?: number | null;
}

/** Whether to ask for thumbnails of a file. The server may still have none: then show the file itself. */
export const hasThumbnails = ({ type, width, height }: Picture): boolean =>
  DRAWN.has(type) && Boolean(width && height);

/** The address of a picture's thumbnail, from the address of the picture, which may be signed. */
export const thumbnailUrl = (address: string, size: ThumbnailSize): string => {
  const url = new URL(address);
  // Its other parts stay as they are: they may be signed.
  return `${address}${url.search ? "&" : "?"}size=${PIXELS[size]}`;
};

/** The width in pixels of a picture's thumbnail. */
export const thumbnailWidth = ({ width, height }: Picture, size: ThumbnailSize): number => {
  const [w, h] = [width ?? 1, height ?? 1];
  return Math.max(1, Math.round(w * Math.min(1, PIXELS[size] / Math.max(w, h))));
};
