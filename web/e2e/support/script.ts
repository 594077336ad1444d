/** The password of every account that these tests create. */
export const PASSWORD = "a good long sentence";

/** A script that uses the HTTP API with a token. */
export class Script {
  readonly #url: string;
  /** The access token, with which MQTT clients can connect too. */
  readonly token: string;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.token = token;
  }

  static async signIn(url: string, username: string): Promise<Script> {
    const answer = await fetch(`${url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username, password: PASSWORD }),
    });
    if (!answer.ok) throw new Error(`${username} cannot sign in: ${await answer.text()}`);
    const { token } = (await answer.json()) as { token: string };
    return new Script(url, token);
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#request(path, {})) as T;
  }

  post(path: string, body: unknown): Promise<unknown> {
    return this.#request(path, { method: "POST", body: JSON.stringify(body) });
  }

  async edit(topic: string, seq: number, text: string): Promise<void> {
    await this.#request(`/messages/${topic}?seq=${seq}`, { method: "PATCH", body: JSON.stringify({ text }) });
  }

  async delete(topic: string, seq: number): Promise<void> {
    await this.#request(`/messages/${topic}?seq=${seq}`, { method: "DELETE" });
  }

  async react(topic: string, seq: number, emoji: string): Promise<void> {
    const about = new URLSearchParams({ seq: `${seq}`, emoji });
    await this.#request(`/reactions/${topic}?${about}`, { method: "PUT" });
  }

  /** Removes somebody from a room. */
  async remove(topic: string, name: string): Promise<void> {
    await this.#request(`/members/${topic}?${new URLSearchParams({ name })}`, { method: "DELETE" });
  }

  /** Uploads a file; returns its id. */
  async upload(file: Buffer, name: string): Promise<string> {
    const about = new URLSearchParams({ name });
    const body = new Uint8Array(file);
    const { id } = (await this.#request(`/media?${about}`, { method: "POST", body })) as { id: string };
    return id;
  }

  async #request(path: string, init: RequestInit): Promise<unknown> {
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.token}` };
    const answer = await fetch(`${this.#url}${path}`, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    const body = await answer.text();
    return body === "" ? undefined : JSON.parse(body);
  }

  say(topic: string, text: string): Promise<unknown> {
    return this.post("/message", { topic, text });
  }
}
