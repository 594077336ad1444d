import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { connect, pass, Socket } from "./testing";

const publish = (number: number): Buffer =>
  generate({
    cmd: "publish",
    topic: "room",
    payload: `message ${number}`,
    qos: 1,
    messageId: number + 1,
    retain: false,
    dup: false,
  });

/** The packets in what was sent. */
const packetsIn = (messages: readonly Uint8Array[]): Packet[] => {
  const found: Packet[] = [];
  const reader = parser();
  reader.on("packet", (packet) => found.push(packet));
  for (const message of messages) reader.parse(Buffer.from(message));
  return found;
};

const up = async (): Promise<{ socket: Socket; client: ReturnType<typeof connect> }> => {
  const socket = new Socket();
  const client = connect(socket);
  socket.open();
  socket.receive(generate({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false }));
  await pass();
  expect(client.connected).toBe(true);
  socket.sent.length = 0;
  return { socket, client };
};

describe("what MQTT.js has for a stream", () => {
  it("keeps what is written until the socket is open, and sends a packet in one message", async () => {
    const socket = new Socket();
    connect(socket).end(true);
    const other = new Socket();
    connect(other);
    await pass();
    expect(other.sent).toEqual([]);
    other.open();
    expect(other.sent.length).toBe(1);
    expect(packetsIn(other.sent)).toMatchObject([{ cmd: "connect", clientId: "me" }]);
    expect(socket.sent).toEqual([]);
  });

  it("brings packets whole and in order, however they are cut into messages", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 60 })),
        fc.integer({ min: 1, max: 20 }),
        async (cuts, count) => {
          const { socket, client } = await up();
          const texts: string[] = [];
          client.on("message", (_, payload) => texts.push(payload.toString()));
          let rest = Buffer.concat(Array.from({ length: count }, (_, number) => publish(number)));
          for (const cut of cuts) {
            socket.receive(rest.subarray(0, cut));
            rest = rest.subarray(cut);
          }
          socket.receive(rest);
          await pass();
          expect(texts).toEqual(Array.from({ length: count }, (_, number) => `message ${number}`));
          expect(packetsIn(socket.sent)).toMatchObject(
            texts.map((_, number) => ({ cmd: "puback", messageId: number + 1 })),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("sends texts and bytes as they are", async () => {
    const { socket, client } = await up();
    client.publish("ä", "Grüße 🎉");
    client.publish("ä", Buffer.from([0, 255]));
    await pass();
    expect(packetsIn(socket.sent)).toMatchObject([
      { topic: "ä", payload: Buffer.from("Grüße 🎉") },
      { topic: "ä", payload: Buffer.from([0, 255]) },
    ]);
  });

  it.each<[string, (socket: Socket, client: ReturnType<typeof connect>) => void]>([
    ["the server closes", (socket) => socket.close()],
    ["the network fails", (socket) => socket.fail()],
    ["the client ends", (_, client) => client.end(true)],
  ])("closes once, and brings nothing more, when %s", async (_, happen) => {
    const { socket, client } = await up();
    const seen: string[] = [];
    client.on("close", () => seen.push("close"));
    client.on("message", () => seen.push("message"));
    client.on("error", () => seen.push("error"));
    happen(socket, client);
    await pass();
    socket.receive(publish(1));
    socket.close();
    await pass();
    expect([seen, socket.readyState]).toEqual([["close"], Socket.CLOSED]);
  });

  it("says goodbye before it closes", async () => {
    const { socket, client } = await up();
    await client.endAsync();
    expect(packetsIn(socket.sent)).toMatchObject([{ cmd: "disconnect" }]);
    expect(socket.readyState).toBe(Socket.CLOSED);
  });
});
