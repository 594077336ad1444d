import { Pause, Play, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useText } from "../language/index.ts";
import { IconButton } from "../ui/button.tsx";
import type { Playing } from "./playing.ts";
import styles from "./timeline.module.css";

interface Props {
  readonly playing: Playing;
  readonly onJump: (seq: number) => void;
  readonly onClose: () => void;
}

/** Controls what plays while its message is out of sight. */
const PlayerBar = ({ playing, onJump, onClose }: Props) => {
  const t = useText();
  const { element, name, seq } = playing;
  const isOut = useIsOutOfSight(element);
  const paused = usePaused(element);
  if (!isOut) return null;
  return (
    <section className={styles.player} aria-label={t("player.label")}>
      <IconButton
        label={t(paused ? "player.play" : "player.pause")}
        // It rejects if it is paused again before it has begun.
        onClick={() => (paused ? void element.play().catch(() => undefined) : element.pause())}
      >
        {paused ? <Play size={18} /> : <Pause size={18} />}
      </IconButton>
      <button type="button" title={t("player.goTo")} onClick={() => onJump(seq)} dir="auto">
        {name}
      </button>
      <IconButton
        label={t("close")}
        onClick={() => {
          element.pause();
          onClose();
        }}
      >
        <X size={18} />
      </IconButton>
    </section>
  );
};

export default PlayerBar;

const useIsOutOfSight = (element: Element): boolean => {
  const [isOut, setOut] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([last]) => setOut(last?.isIntersecting === false));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return isOut;
};

const usePaused = (element: HTMLMediaElement): boolean => {
  const [paused, setPaused] = useState(element.paused);
  useEffect(() => {
    const follow = () => setPaused(element.paused);
    follow();
    element.addEventListener("play", follow);
    element.addEventListener("pause", follow);
    return () => {
      element.removeEventListener("play", follow);
      element.removeEventListener("pause", follow);
    };
  }, [element]);
  return paused;
};
