import { hasThumbnails, thumbnailUrl, thumbnailWidth } from "@chinwag/client";
import type { Attachment } from "@chinwag/protocol";

/** What an `<img>` needs to load a picture no larger than it is shown. */
export interface Sources {
  readonly src: string;
  readonly srcSet?: string;
  readonly sizes?: string;
}

/** The files that are drawn as pictures. */
export const picturesOf = <File extends { readonly width?: number; readonly height?: number }>(
  files: readonly File[],
): File[] => files.filter((file) => file.width && file.height);

/** Whether a picture may move. Its thumbnail stands still. */
export const isMoving = ({ type }: Attachment): boolean => type === "image/gif";

/** Whether thumbnails stand in for a picture with this address: not if it comes from this browser's memory. */
export const isThumbnailed = (file: Attachment, url: string): boolean =>
  hasThumbnails(file) && !url.startsWith("blob:");

/** The thumbnails of a picture in a message, where it is drawn this many CSS pixels wide. */
export const messageSources = (file: Attachment, url: string, shown: number): Sources => {
  const [small, large] = [thumbnailUrl(url, "small"), thumbnailUrl(url, "large")];
  const [smallWidth, largeWidth] = [thumbnailWidth(file, "small"), thumbnailWidth(file, "large")];
  if (smallWidth === largeWidth) return { src: small };
  return { src: small, srcSet: `${small} ${smallWidth}w, ${large} ${largeWidth}w`, sizes: `${shown}px` };
};

/** A picture in the viewer: its large thumbnail where that is enough, itself on a screen with more pixels. */
export const viewerSources = (file: Attachment, url: string): Sources => {
  const [width, height] = [file.width ?? 1, file.height ?? 1];
  const drawn = thumbnailWidth(file, "large");
  // Nobody asks for a smaller copy of what is small, or may move.
  if (drawn === width || isMoving(file) || file.type === "image/webp") return { src: url };
  const large = thumbnailUrl(url, "large");
  const sizes = `min(100vw, ${((100 * width) / height).toFixed(1)}vh)`;
  return { src: large, srcSet: `${large} ${drawn}w, ${url} ${width}w`, sizes };
};

/** The width in CSS pixels of a picture that fills a box; its edges may be cut off. */
export const filling = ({ width, height }: Attachment, box: Box): number =>
  Math.ceil(Math.max(box.width, (box.height * (width ?? 1)) / (height ?? 1)));

interface Box {
  readonly width: number;
  readonly height: number;
}
