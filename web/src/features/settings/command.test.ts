import { expect, it } from "vitest";
import { publishCommand } from "./command.ts";

it("names the port, and TLS where the address has it", () => {
  const command = (...addresses: string[]) => publishCommand(addresses, "chat.example", "ana", "s3cret-_");
  expect(command("mqtt://127.0.0.1:21983")).toBe(
    "mosquitto_pub -h 127.0.0.1 -p 21983 -u ana -P s3cret-_ -t general -q 1 -m 'hello'",
  );
  expect(command("wss://chat.example:8084/mqtt", "mqtts://chat.example:8883")).toContain(
    "-h chat.example -p 8883 --capath /etc/ssl/certs -u ana",
  );
  expect(command("mqtt://[::1]:1883")).toContain("-h ::1 -p 1883 ");
  expect(command()).toContain("-h chat.example -p 1883 ");
});

it("quotes what a shell would take apart", () => {
  expect(publishCommand([], "x", "名", "t")).toContain("-u '名' ");
});
