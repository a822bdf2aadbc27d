"""A canary: a host that writes down whoever comes. In a network namespace of its own (netns.sh) it is every host there is,
and also sees packets that nobody answers."""

import os
import re
import socket
import struct
import threading
import time

ALONE = "SUBROSA_E2E_NETNS" in os.environ  # every address leads here, and only this test sends anything
HOST = "192.0.2.7" if ALONE else "127.0.0.1"  # RFC 5737: an address of nobody's
NAME = "attacker.example" if ALONE else "localhost"  # the same host, as text that no rule masks


class Canary:
    def __init__(self):
        self.seen = set()
        self.server = socket.create_server(("0.0.0.0" if ALONE else HOST, 0), backlog=64)
        port = self.server.getsockname()[1]
        self.address, self.named = f"{HOST}:{port}", f"{NAME}:{port}"
        threading.Thread(target=self._serve, daemon=True).start()
        if ALONE:
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))  # ETH_P_ALL
            self.wire.bind(("lo", 0))
            threading.Thread(target=self._listen, daemon=True).start()

    def forget(self):
        """Forgets what came, with packets of it that are still to be looked at: the wire keeps their order, and one more is sent."""
        if ALONE:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", (HOST, 9))
            end = time.monotonic() + 10
            while "udp 9" not in self.seen:
                if time.monotonic() > end:
                    raise TimeoutError("the canary does not hear its own packet")
                time.sleep(0.01)
        self.seen.clear()

    def _serve(self):
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            connection.settimeout(5)
            try:
                request = connection.recv(4096).decode("latin-1")
                asked = re.match(r"\w+ /(\S*) ", request)
                self.seen.add(asked[1] if asked else "a connection")
                connection.sendall(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                self.seen.add("a connection")

    def _listen(self):
        """Everything that is sent to an address which is not this machine's own."""
        while True:
            packet, (_, protocol, kind, *_) = self.wire.recvfrom(65536)
            if kind == socket.PACKET_OUTGOING:
                continue  # on this device what goes out comes in again
            if protocol != 0x0800:
                if protocol == 0x86DD and packet[24:40] != bytes(15) + b"\x01":
                    self.seen.add("a packet, IPv6")
                continue
            to, transport = socket.inet_ntoa(packet[16:20]), packet[9]
            if to.startswith("127."):
                continue
            body = packet[(packet[0] & 15) * 4 :]
            port = struct.unpack(">H", body[2:4])[0] if transport in (6, 17) else 0
            if transport == 17 and port == 53:
                self.seen.add("dns " + _name(body[20:]))
            elif transport == 17:
                self.seen.add(f"udp {port}")
            elif transport == 6 and to == HOST:
                self.seen.add("a connection")


def _name(question):
    labels = []
    while question and question[0]:
        labels.append(question[1 : 1 + question[0]].decode("latin-1"))
        question = question[1 + question[0] :]
    return ".".join(labels).lower()
