"""A small client of the Language Server Protocol over standard input and output, for yaml-language-server."""

import json
import queue
import subprocess
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Message = dict[str, Any]


class LanguageServer:
    """One running server; requests wait for their answers, diagnostics for the version they belong to."""

    def __init__(
        self, command: Iterable[str], root: Path, settings: Mapping[str, Any], *, patience: float = 60
    ) -> None:
        self._patience = patience
        self._settings = dict(settings)
        self._inbox: queue.Queue[Message] = queue.Queue()
        self._published: dict[str, list[Message]] = {}
        self._number = 0
        self._process = subprocess.Popen(list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        snippets = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}}
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
                "capabilities": {
                    "textDocument": {"completion": snippets, "hover": {"contentFormat": ["markdown"]}},
                    "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
                },
            },
        )
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": self._settings})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ask the server to end, and wait until it has."""
        if self._process.poll() is None:
            self.request("shutdown", None)
            self.notify("exit", None)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(self._patience)
        self._reader.join(self._patience)
        self._process.stdout.close()

    def open(self, uri: str, text: str) -> list[Message]:
        """Open a document; the problems that the server finds in it."""
        self._published.pop(uri, None)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        while uri not in self._published:
            self._take()
        return self._published[uri]

    def complete(self, uri: str, line: int, character: int) -> list[Message]:
        """What may be written at a place; lines and characters count from 0."""
        found = self.request("textDocument/completion", _at(uri, line, character))
        items: list[Message] = found["items"] if isinstance(found, dict) else found or []
        return items

    def hover(self, uri: str, line: int, character: int) -> str:
        """What is shown when the pointer rests on a place."""
        found = self.request("textDocument/hover", _at(uri, line, character))
        return "" if not found else str(found["contents"]["value"])

    def request(self, method: str, params: Any) -> Any:
        """Ask, and wait for the answer; AssertionError where the server reports an error."""
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message["error"]
                return message["result"]

    def notify(self, method: str, params: Any) -> None:
        """Tell the server something."""
        self._send({"method": method, "params": params})

    def _take(self) -> Message:
        """The next message; what the server asks of an editor is answered, and what it publishes is kept."""
        message = self._inbox.get(timeout=self._patience)
        assert "closed" not in message, "the server has ended"
        if message.get("method") == "textDocument/publishDiagnostics":
            self._published[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": self._answer(message)})
        return message

    def _answer(self, message: Message) -> Any:
        if message["method"] == "workspace/configuration":
            return [self._settings.get(item.get("section", "")) for item in message["params"]["items"]]
        return None

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            self._inbox.put(json.loads(stream.read(length)))
        self._inbox.put({"closed": True})


def _at(uri: str, line: int, character: int) -> Message:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
