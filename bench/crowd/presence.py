#!/usr/bin/env python3
"""Measures the cost when N people in one room connect and subscribe to `#`, and when half of them disconnect.

    python3 bench/crowd/presence.py target/release/chinwag 250 500 1000 2000

Needs only Python 3.10. Each N runs on a new server with an empty data folder. Everybody also has one direct
conversation. Prints the PUBLISH packets sent (`chinwag_mqtt_delivered`) and the server's CPU time.
"""

import asyncio
import hashlib
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request


def crowd(path, count):
    """Inserts people directly into the database, because the server would hash a password for each."""
    db = sqlite3.connect(path)
    general = db.execute("SELECT id FROM rooms WHERE topic = 'general'").fetchone()[0]
    for n in range(1, count + 1):
        name, digest = f"p{n:05}", hashlib.sha256(f"chw_{n}".encode()).digest()
        db.execute("INSERT INTO accounts (id, name, admin, created_at, last_seen) VALUES (?, ?, 0, 0, 1)", (n, name))
        db.execute("INSERT INTO tokens (hash, account, label, created_at) VALUES (?, ?, '', 0)", (digest, n))
        db.execute("INSERT INTO members (room, account, owner, joined_seq, read_seq) VALUES (?, ?, 0, 0, 0)", (general, n))
    for n in range(1, count, 2):
        topic = f"dm/p{n:05}/p{n + 1:05}"
        values = (topic, topic)
        room = db.execute(
            "INSERT INTO rooms (topic, title, purpose, private, epoch, last_seq, created_at)"
            " VALUES (?, ?, '', 1, 'e', 0, 0) RETURNING id", values).fetchone()[0]
        for member in (n, n + 1):
            db.execute("INSERT INTO members (room, account, owner, joined_seq, read_seq) VALUES (?, ?, 0, 0, 0)", (room, member))
    db.commit()
    db.close()


class Server:
    def __init__(self, binary, folder):
        listen = ["--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--ws", "127.0.0.1:0"]
        self.process = subprocess.Popen([binary, "serve", "--data", folder, "--limits", "off", *listen],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.http = self.mqtt = None
        for line in self.process.stdout:
            http = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            mqtt = re.search(r"(?:mqtt://|MQTT\D*)127\.0\.0\.1:(\d+)", line)
            self.http = self.http or (http and int(http[1]))
            self.mqtt = self.mqtt or (mqtt and int(mqtt[1]))
            if self.http and self.mqtt:
                break

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def delivered(self):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics").read().decode()
        return int(re.search(r"^chinwag_mqtt_delivered_total (\d+)", text, re.M)[1])

    async def settled(self):
        """Waits until no more messages are delivered; returns the number delivered and the CPU time."""
        before, quiet = -1, 0
        while quiet < 5:
            await asyncio.sleep(1)
            now = await asyncio.to_thread(self.delivered)
            quiet, before = (quiet + 1 if now == before else 0), now
        return before, self.cpu()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def string(text):
    return len(text).to_bytes(2, "big") + text.encode()


def packet(kind, body):
    assert len(body) < 128
    return bytes([kind, len(body)]) + body


async def come(port, n, gate):
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = string("MQTT") + bytes([4, 0xC2, 0, 0]) + string("c") + string(f"p{n:05}") + string(f"chw_{n}")
        writer.write(packet(0x10, body))
        assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
        writer.write(packet(0x82, b"\x00\x01" + string("#") + b"\x00"))
        await writer.drain()
        first = await reader.readexactly(1)
        assert first == b"\x90", first

    async def drink():
        while await reader.read(65536):
            pass

    return writer, asyncio.create_task(drink())


async def measure(binary, count):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, folder)
        server.stop()
        crowd(os.path.join(folder, "chinwag.db"), count)
        server = Server(binary, folder)
        try:
            delivered, cpu = await server.settled()
            gate = asyncio.Semaphore(50)
            people = await asyncio.gather(*(come(server.mqtt, n, gate) for n in range(1, count + 1)))
            there, cpu_there = await server.settled()
            for writer, _ in people[: count // 2]:
                writer.close()
            await asyncio.sleep(5)
            left, cpu_left = await server.settled()
            print(f"| {count} | {there - delivered} | {cpu_there - cpu:.2f} s | {left - there} | {cpu_left - cpu_there:.2f} s |",
                  flush=True)
            for writer, _ in people:
                writer.close()
        finally:
            server.stop()


print("| N | deliveries as they come | CPU | as half leave | CPU |\n|--:|--:|--:|--:|--:|", flush=True)
for count in map(int, sys.argv[2:]):
    asyncio.run(measure(sys.argv[1], count))
