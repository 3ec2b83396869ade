"""A person's program that uses the REST API."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

SECONDS = 60


class Sheet(Protocol):
    sheet: str
    month: str
    mode: str


@dataclass(frozen=True)
class Answer:
    """`status` 0: the connection broke before there was an answer."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Client:
    port: int
    token: str = ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, b"", {})

    def post(self, path: str) -> Answer:
        return self._ask("POST", path, b"", {})

    def form(self, path: str, fields: Mapping[str, str], sheet: str = "") -> Answer:
        headers, body = multipart(fields, sheet)
        return self._ask("POST", path, body, headers)

    def upload(self, delivery: Sheet) -> Answer:
        return self.form("/api/v1/uploads/", fields_of(delivery), delivery.sheet)

    def begin_upload(self, delivery: Sheet) -> socket.socket:
        """Send the heading and half of the body; the connection stays open."""
        headers, body = multipart(fields_of(delivery), delivery.sheet)
        lines = [
            f"{name}: {value}" for name, value in {**self._headers(), **headers, "Content-Length": len(body)}.items()
        ]
        head = "\r\n".join(["POST /api/v1/uploads/ HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""])
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        connection.sendall(head.encode() + body[: len(body) // 2])
        return connection

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"} if self.token else {}

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, body, {**self._headers(), **headers})
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        except (ConnectionError, http.client.HTTPException) as error:
            return Answer(0, repr(error))
        finally:
            connection.close()


def fields_of(delivery: Sheet) -> dict[str, str]:
    return {"dataset": "cases", "month": delivery.month, "mode": delivery.mode}


def multipart(fields: Mapping[str, str], sheet: str) -> tuple[dict[str, str], bytes]:
    boundary = secrets.token_hex(16)
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    if sheet:
        heading = 'Content-Disposition: form-data; name="file"; filename="cases.csv"\r\nContent-Type: text/csv'
        parts.append(f"{heading}\r\n\r\n{sheet}")
    text = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}, text.encode()
