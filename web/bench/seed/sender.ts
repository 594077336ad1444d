import { sendTopic } from "@chinwag/protocol";
import mqtt, { type MqttClient } from "mqtt";
import type { Script } from "../../e2e/support/script";

/** Unacknowledged sends at a time; the server allows 256. */
const WINDOW = 200;

/** Sends messages by MQTT, many at a time. */
export class Sender {
  readonly name: string;
  readonly #client: MqttClient;
  #underWay = new Set<Promise<unknown>>();

  private constructor(name: string, client: MqttClient) {
    this.name = name;
    this.#client = client;
  }

  static async connect(url: string, name: string, { token }: Script): Promise<Sender> {
    const address = `${url.replace(/^http/, "ws")}/mqtt`;
    const options = { username: name, password: token, protocolVersion: 5, reconnectPeriod: 0 } as const;
    return new Sender(name, await mqtt.connectAsync(address, options));
  }

  /** Resolves when there is room for the next one. */
  async say(room: string, text: string): Promise<void> {
    const sent = this.#client.publishAsync(sendTopic(this.name, room), JSON.stringify({ text }), { qos: 1 });
    this.#underWay.add(sent);
    void sent.then(
      () => this.#underWay.delete(sent),
      () => {},
    );
    if (this.#underWay.size >= WINDOW) await Promise.race(this.#underWay);
  }

  /** Resolves when all are stored. */
  async stored(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async end(): Promise<void> {
    await this.stored();
    await this.#client.endAsync();
  }
}
