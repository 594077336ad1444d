import {
  type ComponentProps,
  type PointerEvent,
  type RefCallback,
  useCallback,
  useRef,
  useState,
} from "react";
import {
  type Area,
  dragged,
  fitted,
  movedBy,
  type Point,
  type Room,
  toggled,
  WHOLE,
  type Zoom,
  zoomedBy,
} from "./zoom.ts";

/** How much one press of a key enlarges, and moves in CSS pixels. */
const STEP = 1.5;
const MOVE = 80;
/** How much a notch of a mouse wheel (about 100) enlarges. */
const WHEEL = 0.0025;
/** Two taps of a finger within this time, and this near to each other, are a double tap. */
const TAPS_MILLISECONDS = 300;
const TAPS_PIXELS = 30;

const FACTORS: ReadonlyMap<string, number> = new Map([
  ["+", STEP],
  ["=", STEP],
  ["-", 1 / STEP],
]);
const DIRECTIONS: ReadonlyMap<string, Point> = new Map([
  ["ArrowLeft", { x: MOVE, y: 0 }],
  ["ArrowRight", { x: -MOVE, y: 0 }],
  ["ArrowUp", { x: 0, y: MOVE }],
  ["ArrowDown", { x: 0, y: -MOVE }],
]);

export interface Zooming {
  readonly zoom: Zoom;
  /** Belongs to the element on which the picture is. */
  readonly stage: RefCallback<HTMLDivElement>;
  /** Whether a finger or the mouse is moving the picture: then it follows without a transition. */
  readonly isHeld: boolean;
  /** Handles a key; returns whether it had a meaning. */
  onKey(key: string): boolean;
  /** For the stage. */
  readonly handlers: Pick<
    ComponentProps<"div">,
    "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onDoubleClick"
  >;
}

/** Enlarges and moves a picture of these proportions by wheel, keys, mouse and fingers. Another `id` starts over. */
export const useZoom = (id: string, proportions: Area): Zooming => {
  const stage = useRef<HTMLDivElement>(null);
  const pointers = useRef(new Map<number, Point>());
  const [state, setState] = useState({ id, zoom: WHOLE });
  const [isHeld, setHeld] = useState(false);
  const zoom = state.id === id ? state.zoom : WHOLE;

  const change = (next: (zoom: Zoom, room: Room) => Zoom): void => {
    const room = roomOf(stage.current, proportions);
    if (room) setState((was) => ({ id, zoom: next(was.id === id ? was.zoom : WHOLE, room) }));
  };
  const pointOf = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Point => {
    const box = stage.current?.getBoundingClientRect();
    if (!box) return { x: 0, y: 0 };
    return { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
  };

  const onWheel = useRef<(event: WheelEvent) => void>(() => {});
  onWheel.current = (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    // A trackpad reports pinching as small steps of a wheel with Ctrl.
    const delta = event.deltaY * lines * (event.ctrlKey ? 4 : 1);
    change((zoom, room) => zoomedBy(zoom, Math.exp(-delta * WHEEL), pointOf(event), room));
  };
  const listen = useCallback((element: HTMLDivElement) => {
    const listener = (event: WheelEvent) => onWheel.current(event);
    stage.current = element;
    // React listens passively, so it could not keep the page from being zoomed.
    element.addEventListener("wheel", listener, { passive: false });
    return () => {
      element.removeEventListener("wheel", listener);
      stage.current = null;
      pointers.current.clear();
    };
  }, []);

  const isTouch = useRef(false);
  const tap = useDoubleTap((at) => change((zoom, room) => toggled(zoom, at, room)));
  const onPointerUp = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    setHeld(pointers.current.size > 0);
    if (event.type === "pointerup") tap.up(event, pointOf(event));
  };
  return {
    zoom,
    stage: listen,
    isHeld,
    onKey: (key) => {
      const direction = zoom.scale > 1 ? DIRECTIONS.get(key) : undefined;
      const factor = FACTORS.get(key);
      if (direction) change((zoom, room) => movedBy(zoom, direction, room));
      else if (factor) change((zoom, room) => zoomedBy(zoom, factor, { x: 0, y: 0 }, room));
      else if (key === "0") change(() => WHOLE);
      else return false;
      return true;
    },
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        isTouch.current = event.pointerType === "touch";
        event.currentTarget.setPointerCapture(event.pointerId);
        pointers.current.set(event.pointerId, pointOf(event));
        setHeld(true);
        tap.down(event, pointOf(event), pointers.current.size);
      },
      onPointerMove: (event) => {
        const held = pointers.current;
        if (!held.has(event.pointerId)) return;
        const before = [...held.values()].slice(0, 2);
        held.set(event.pointerId, pointOf(event));
        const now = [...held.values()].slice(0, 2);
        change((zoom, room) => dragged(zoom, before, now, room));
      },
      onPointerUp,
      onPointerCancel: onPointerUp,
      onDoubleClick: (event) => {
        if (!isTouch.current) change((zoom, room) => toggled(zoom, pointOf(event), room));
      },
    },
  };
};

const roomOf = (element: HTMLElement | null, proportions: Area): Room | undefined => {
  if (!element) return undefined;
  const stage = { width: element.clientWidth, height: element.clientHeight };
  return { stage, picture: fitted(proportions, stage) };
};

interface Tap {
  readonly at: Point;
  readonly time: number;
}

/** Recognizes a double tap of a finger: not every browser makes it a double click. */
const useDoubleTap = (act: (at: Point) => void) => {
  const last = useRef<Tap | undefined>(undefined);
  const down = useRef<Tap | undefined>(undefined);
  const isNear = (tap: Tap, time: number, at: Point) =>
    time - tap.time < TAPS_MILLISECONDS && Math.hypot(tap.at.x - at.x, tap.at.y - at.y) < TAPS_PIXELS;
  return {
    down: ({ pointerType, timeStamp }: PointerEvent, at: Point, fingers: number) => {
      down.current = pointerType === "touch" && fingers === 1 ? { at, time: timeStamp } : undefined;
    },
    up: ({ timeStamp }: PointerEvent, at: Point) => {
      const isTap = down.current && isNear(down.current, timeStamp, at);
      down.current = undefined;
      const isSecond = isTap && last.current && isNear(last.current, timeStamp, at);
      last.current = isTap && !isSecond ? { at, time: timeStamp } : undefined;
      if (isSecond) act(at);
    },
  };
};
