"""Runs the server under strace while clients send and read, and kills it."""

import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOMS = ["general", "one", "two"]
SENDERS = 16
# Whole strings, in hexadecimal; the path of each descriptor; nothing stops for calls that are not traced.
STRACE = ["strace", "-f", "-qq", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "--seccomp-bpf", "-e"]
CALLS = "pwrite64,pwritev,write,writev,sendto,sendmsg,ftruncate,fallocate,fsync,fdatasync,unlink,unlinkat,rename"


class Server:
    """A server whose database is there before the recording begins."""

    def __init__(self, binary, data):
        self.binary, self.data = binary, data
        self.tool("user", "add", "ana", "--admin", "--create")
        self.token = self.tool("token", "ana").split()[0]
        for room in ROOMS[1:]:
            self.tool("room", "add", room)
            self.tool("room", "join", room, "ana")

    def tool(self, *words):
        command = [self.binary, *words, "--data", self.data]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def record(self, trace, seconds):
        """Has all clients talk for so long, then kills the server. `trace` has then what it asked of the kernel."""
        ports = [word for port in ("--http", "--mqtt", "--ws") for word in (port, "127.0.0.1:0")]
        serve = ["serve", "--data", self.data, *ports, "--limits", "off"]
        command = [*STRACE, f"trace={CALLS}", "-o", trace, self.binary, *serve]
        strace = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        printed = "".join(itertools.takewhile(lambda line: "  data  " not in line, strace.stdout))
        self.http, self.mqtt = (int(re.search(rf" {kind}://127.0.0.1:(\d+)", printed)[1]) for kind in ("http", "mqtt"))
        over = threading.Event()
        with ThreadPoolExecutor(SENDERS + len(ROOMS) + 1) as pool:
            clients = [pool.submit(self.send, sender, over) for sender in range(SENDERS)]
            clients += [pool.submit(self.read, room, over) for room in ROOMS]
            clients += [pool.submit(self.listen)]
            over.wait(seconds)
            over.set()
            # Only the server: strace writes what it still has, and ends.
            for server in Path(f"/proc/{strace.pid}/task/{strace.pid}/children").read_text().split():
                os.kill(int(server), signal.SIGKILL)
            strace.wait()
        for client in clients:
            client.result()

    def ask(self, over, method, path, body=None):
        """Requests, one after the other, each with its own path and body; yields the answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        while not over.is_set():
            try:
                connection.request(method, path(), body and json.dumps(body()), headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                if not over.is_set():
                    raise
                return
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path()}: {answer.status} {content.decode()}")
            yield json.loads(content)

    def send(self, sender, over):
        numbers = itertools.count()

        def message():
            number = next(numbers)
            text = f"message {number} of sender {sender}, which is about as long as some are " * 4
            return {"topic": ROOMS[number % len(ROOMS)], "msg_id": f"{sender}-{number}", "text": text}

        for _ in self.ask(over, "POST", lambda: "/message", message):
            pass

    def read(self, room, over):
        """Reads what is new again and again: no reader may be shown what a power cut can undo."""
        after = 0
        for page in self.ask(over, "GET", lambda: f"/events/{room}?after={after}"):
            after = max([after, *(event["seq"] for event in page["events"])])
            over.wait(0.005)

    def listen(self):
        """Subscribes to all rooms, by MQTT 3.1.1 and at QoS 0, and takes what comes."""
        login = [b"powercut", b"ana", self.token.encode()]
        connect = field(b"MQTT") + b"\x04\xc2\0\x3c" + b"".join(map(field, login))
        subscribe = b"\0\1" + b"".join(field(room.encode()) + b"\0" for room in ROOMS)
        with socket.create_connection(("127.0.0.1", self.mqtt)) as connection:
            for kind, content in ((0x10, connect), (0x82, subscribe)):
                connection.sendall(bytes([kind, len(content)]) + content)
            try:
                while connection.recv(1 << 16):
                    pass
            except ConnectionError:
                pass


def field(content):
    return len(content).to_bytes(2, "big") + content
