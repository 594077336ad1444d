/** How a picture is looked at: enlarged, and moved from the middle by CSS pixels. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** A point or distance in CSS pixels; points are measured from the middle of the stage. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Area {
  readonly width: number;
  readonly height: number;
}

/** The stage, and the picture on it before it is enlarged. */
export interface Room {
  readonly stage: Area;
  readonly picture: Area;
}

export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
const LARGEST = 8;

/** The size of a picture of these proportions that is fitted into the stage. */
export const fitted = ({ width, height }: Area, stage: Area): Area => {
  const scale = Math.min(stage.width / width, stage.height / height);
  return { width: width * scale, height: height * scale };
};

/** Keeps the picture's edges out of the stage, and in its middle what is smaller than it. */
const kept = ({ scale, x, y }: Zoom, { stage, picture }: Room): Zoom => {
  const most = (picture: number, stage: number) => Math.max(0, (picture * scale - stage) / 2);
  const within = (value: number, limit: number) => Math.min(limit, Math.max(-limit, value)) + 0;
  return {
    scale,
    x: within(x, most(picture.width, stage.width)),
    y: within(y, most(picture.height, stage.height)),
  };
};

/** Enlarges by a factor. What is under the point stays there, as far as the edges allow. */
export const zoomedBy = (zoom: Zoom, factor: number, at: Point, room: Room): Zoom => {
  const scale = Math.min(LARGEST, Math.max(1, zoom.scale * factor));
  const real = scale / zoom.scale;
  return kept({ scale, x: at.x - (at.x - zoom.x) * real, y: at.y - (at.y - zoom.y) * real }, room);
};

/** Moves the picture. */
export const movedBy = (zoom: Zoom, { x, y }: Point, room: Room): Zoom =>
  kept({ ...zoom, x: zoom.x + x, y: zoom.y + y }, room);

/** What a double click does: enlarges there, or shows the whole picture again. */
export const toggled = (zoom: Zoom, at: Point, room: Room): Zoom =>
  zoom.scale > 1 ? WHOLE : zoomedBy(zoom, 2.5, at, room);

/** What the fingers on the picture do from one moment to the next: move it, and pinch it with two. */
export const dragged = (zoom: Zoom, before: readonly Point[], now: readonly Point[], room: Room): Zoom => {
  const [from, to] = [middle(before), middle(now)];
  const [was, is] = [spread(before), spread(now)];
  const pinched = was > 0 && is > 0 ? zoomedBy(zoom, is / was, from, room) : zoom;
  return movedBy(pinched, { x: to.x - from.x, y: to.y - from.y }, room);
};

const middle = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / Math.max(1, points.length),
  y: points.reduce((sum, { y }) => sum + y, 0) / Math.max(1, points.length),
});

/** The distance of two fingers; 0 for one. */
const spread = ([one, other]: readonly Point[]): number =>
  one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
