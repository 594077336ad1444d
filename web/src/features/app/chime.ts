/** The two tones of the chime: frequency in Hz, and when it begins in seconds. */
const TONES = [
  [880, 0],
  [1_174.7, 0.09],
] as const;
const LASTS = 0.35;
const VOLUME = 0.08;

let context: AudioContext | undefined;

/** Plays a short chime; nothing until somebody has touched the page, because browsers forbid it. */
export const chime = (): void => {
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume().catch(() => {});
  for (const [frequency, begin] of TONES) {
    const tone = new OscillatorNode(context, { frequency });
    const volume = new GainNode(context, { gain: 0 });
    const at = context.currentTime + begin;
    volume.gain.setValueAtTime(VOLUME, at);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + LASTS);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + LASTS);
  }
};
