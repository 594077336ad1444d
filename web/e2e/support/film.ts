import type { Person } from "./browser";

/** A film of a second, which the browser records by itself: a circle that moves. */
export const film = async ({ page }: Person): Promise<Buffer> => {
  const coded = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: 640, height: 360 });
    const context = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((done) => recorder.addEventListener("stop", done));
    recorder.start();
    for (let at = 0; at < 25; at += 1) {
      if (context) {
        context.fillStyle = "#d9a441";
        context.fillRect(0, 0, 640, 360);
        context.fillStyle = "#1e4a40";
        context.beginPath();
        context.arc(80 + at * 20, 180, 60, 0, 7);
        context.fill();
      }
      await new Promise((done) => setTimeout(done, 40));
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(bytes.reduce((all, byte) => all + String.fromCharCode(byte), ""));
  });
  return Buffer.from(coded, "base64");
};
