"""Receivers on loopback that behave as targets do: well, badly, slowly, or not at all."""

import json
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HttpReceiver:
    """An HTTP server. `mode`: ok, 500, hang, drip, errcode, html, 302; `answer` is the body of ok."""

    mode: str = "ok"
    answer: str = '{"errcode":0,"errmsg":"ok","code":0,"msg":"success"}'
    code: int = 0
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.release = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.calls.append(Call(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                receiver.reply(self)

            def log_message(self, *args: Any) -> None:  # noqa: ARG002 - the server's own signature
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/very-secret-key"

    def reply(self, handler: BaseHTTPRequestHandler) -> None:
        status, body = 200, self.answer
        if self.mode == "hang":
            self.release.wait(30)
            return
        if self.mode == "500":
            status, body = 500, "broken"
        if self.mode == "302":
            status, body = 302, ""
        if self.mode == "html":
            body = "<html>Please sign in to the network</html>"
        if self.mode == "errcode":
            body = json.dumps({"errcode": self.code, "errmsg": "no", "code": self.code, "msg": "no"})
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body.encode())))
        handler.end_headers()
        if self.mode == "drip":
            for sign in body:
                if self.release.wait(0.2):
                    return
                try:
                    handler.wfile.write(sign.encode())
                    handler.wfile.flush()
                except OSError:
                    return
            return
        handler.wfile.write(body.encode())

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


@dataclass
class SmtpReceiver:
    """An SMTP server that takes letters. `mode`: ok, hang, 450 (try later), 550 (refused), 421 (going away), 535 (no login)."""

    mode: str = "ok"
    letters: list[bytes] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.release = threading.Event()
        receiver = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                receiver.converse(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def converse(self, handler: socketserver.StreamRequestHandler) -> None:
        def say(text: str) -> None:
            handler.wfile.write(text.encode() + b"\r\n")

        if self.mode == "hang":
            self.release.wait(30)
            return
        if self.mode == "421":
            say("421 going away")
            return
        say("220 sink")
        while line := handler.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word in {b"EHLO", b"HELO"}:
                say("250-sink")
                say("250 AUTH PLAIN LOGIN")
            elif word == b"AUTH":
                self.logins.append(line.decode().strip())
                say("535 wrong password" if self.mode == "535" else "235 come in")
            elif word == b"RCPT" and self.mode in {"450", "550"}:
                say(f"{self.mode} not now" if self.mode == "450" else "550 nobody here")
            elif word == b"DATA":
                say("354 go on")
                lines = []
                while (part := handler.rfile.readline()) and part != b".\r\n":
                    lines.append(part)
                self.letters.append(b"".join(lines))
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")

    def close(self) -> None:
        self.release.set()
        self.server.shutdown()
        self.server.server_close()
