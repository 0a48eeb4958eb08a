"""Comments that we write: once for each action, with its mark as a property of the comment.

Where an earlier attempt may have been carried out, ours is one by our account that has the mark, or has the same
letters and no mark of another action: Service Management takes no property with a new comment, so the mark comes after
it, and it makes a document of what was markup.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from casewarden.model.event import Json
from casewarden.plugin.http import RefusedError, as_id, path_of
from casewarden.plugin.marks import mark_of_property, property_of
from casewarden_jira.adf import document, text_of
from casewarden_jira.api import Jira
from casewarden_jira.people import id_of
from casewarden_jira.settings import Told
from casewarden_jira.wiki import escaped

_GONE: Final = 404
_MOST_LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """A comment that is to stand. `to`: the id of somebody who is mentioned at its beginning."""

    text: str
    public: bool
    mark: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Comments:
    """Writes comments to one site."""

    jira: Jira
    told: Told

    def standing(self, issue: str, wanted: Wanted, me: str) -> str | None:
        """The id of the comment where it is there already; HttpError."""
        mine = [row for row in self.jira.marked_comments(issue) if id_of(row.get("author")) == me]
        for row in reversed(mine[-_MOST_LOOKED_AT:]):
            is_alike = _letters(text_of(row.get("body"))).endswith(_letters(wanted.text))
            if not is_alike and not isinstance(row.get("properties"), list):
                continue  # its marks would have to be asked for
            id_ = as_id(row.get("id"), "id of a comment")
            marks = set(self._marks(id_, row))
            if wanted.mark in marks:
                return id_
            if is_alike and not marks:
                self._put_mark(issue, id_, wanted.mark)
                return id_
        return None

    def write(self, issue: str, wanted: Wanted) -> str | None:
        """Write it; its id, None where Jira accepted it and it is not there. HttpError."""
        id_ = self._desk(issue, wanted) if self.told.is_service_desk else self._plain(issue, wanted)
        if not self._is_there(issue, id_):
            return None
        if self.told.is_service_desk:
            self._put_mark(issue, id_, wanted.mark)
        return id_

    def _plain(self, issue: str, wanted: Wanted) -> str:
        body: dict[str, Json] = {"body": self._body(wanted)}
        body["properties"] = [{"key": property_of(wanted.mark), "value": "casewarden"}]
        if not wanted.public and self.told.visibility is not None:
            kind, name = self.told.visibility
            body["visibility"] = {"type": kind, "value": name}
        path = path_of(f"{self.jira.api}/issue/{{}}/comment", issue)
        return as_id(self.jira.write("POST", issue, path, body).object().get("id"), "id of the comment")

    def _desk(self, issue: str, wanted: Wanted) -> str:
        path = path_of("/rest/servicedeskapi/request/{}/comment", issue)
        body: dict[str, Json] = {"body": self._text(wanted), "public": wanted.public}
        return as_id(self.jira.write("POST", issue, path, body).object().get("id"), "id of the comment")

    def _body(self, wanted: Wanted) -> Json:
        if not self.jira.is_cloud:
            return self._text(wanted)
        found = document(wanted.text)
        if wanted.to is not None:
            first: Any = found["content"][0]  # type: ignore[index]  # a document has a paragraph
            mention: Json = {"type": "mention", "attrs": {"id": wanted.to, "text": "@"}}
            first["content"] = [mention, {"type": "text", "text": " "}, *first["content"]]
        return found

    def _text(self, wanted: Wanted) -> str:
        text = escaped(wanted.text)
        return text if wanted.to is None else f"[~{'accountid:' if self.jira.is_cloud else ''}{wanted.to}] {text}"

    def _is_there(self, issue: str, id_: str) -> bool:
        try:
            self.jira.http.get(path_of(f"{self.jira.api}/issue/{{}}/comment/{{}}", issue, id_))
        except RefusedError as problem:
            if problem.status == _GONE:
                return False
            raise
        return True

    def _marks(self, id_: str, row: Mapping[str, Any]) -> Iterator[str]:
        """The marks of a comment: as it shows them, else asked for."""
        rows: Any = row.get("properties")
        if not isinstance(rows, list):
            rows = (
                self.jira.http.get(path_of(f"{self.jira.api}/comment/{{}}/properties", id_)).object().get("keys") or []
            )
        for one in rows:
            name = one.get("key") if isinstance(one, Mapping) else None
            mark = mark_of_property(name) if isinstance(name, str) else None
            if mark is not None:
                yield mark

    def _put_mark(self, issue: str, id_: str, mark: str) -> None:
        path = path_of(f"{self.jira.api}/comment/{{}}/properties/{{}}", id_, property_of(mark))
        self.jira.write("PUT", issue, path, "casewarden")


def _letters(text: str) -> str:
    """What of a text no markup changes."""
    return "".join(letter for letter in text if letter.isalnum()) or "".join(text.split())
