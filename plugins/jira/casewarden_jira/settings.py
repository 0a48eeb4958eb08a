"""What the connector is told, checked beyond what the schema says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from casewarden.model.event import Json
from casewarden.model.instants import parse_instant
from casewarden.plugin.mapping import DeskMapping, parse
from casewarden_jira.spec import SCHEMA, STATUSES, WORDS

SECOND: Final = 1_000_000
Edition = Literal["cloud", "data_center"]


@dataclass(frozen=True, slots=True)
class Kind:
    """Linked tickets of one kind; `statuses` by folded name of a status or resolution."""

    name: str
    projects: tuple[str, ...]
    type: str = "Bug"
    link_type: str = "Relates"
    statuses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Sla:
    """The facts that one of Service Management's own SLAs is told as."""

    name: str
    state: str | None
    due: str | None


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A service account's client."""

    id: str
    secret: str = field(repr=False)
    cloud: str = ""
    token_url: str = "https://auth.atlassian.com"  # noqa: S105  # an address


@dataclass(frozen=True, slots=True)
class Told:
    """The settings. Names of statuses and SLAs are folded, those of resolutions as Jira takes them.

    `since` and `shown_within` are in microseconds.
    """

    url: str
    edition: Edition
    projects: tuple[str, ...]
    mapping: DeskMapping
    email: str | None = None
    token: str | None = field(default=None, repr=False)
    client: OAuthClient | None = None
    jql: str | None = None
    is_service_desk: bool = False
    visibility: tuple[str, str] | None = None
    statuses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reasons: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    kinds: tuple[Kind, ...] = ()
    releases: tuple[str, ...] = ()
    zone: str = "UTC"
    case_url: str | None = None
    slas: Mapping[str, Sla] = field(default_factory=lambda: MappingProxyType({}))
    since: int | None = None
    shown_within: int = 120 * SECOND
    page_size: int = 50
    calls_per_second: int = 10
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_url: str | None = None

    def kind_of(self, project: str) -> Kind | None:
        """The kind of linked ticket that a project's issues are, if any."""
        return next((kind for kind in self.kinds if project in kind.projects), None)

    def reason_of(self, resolution: str) -> str:
        """The close reason that a resolution is, whatever its case; itself where nothing is said."""
        folded = resolution.casefold()
        return next((reason for name, reason in self.reasons.items() if name.casefold() == folded), resolution)

    @property
    def all_projects(self) -> tuple[str, ...]:
        """Every project that is polled."""
        return tuple(dict.fromkeys((*self.projects, *(one for kind in self.kinds for one in kind.projects))))


def project_of(key: str) -> str:
    """The project of an issue's key."""
    return key.rpartition("-")[0]


def read_settings(settings: Mapping[str, Any]) -> Told:
    """The settings of one instance; ValueError says in plain words what is wrong."""
    for name in settings:
        if name not in SCHEMA["properties"]:
            raise ValueError(f"there is no setting `{name}`; known are {', '.join(SCHEMA['properties'])}")
    edition: Edition = settings.get("edition", "cloud")
    if edition not in ("cloud", "data_center"):
        raise ValueError("`edition` is cloud or data_center")
    url = _text(settings, "url")
    if url is None:
        raise ValueError("`url` is missing: the address of Jira, such as https://example.atlassian.net")
    projects = _keys(settings, "projects")
    if not projects and not settings.get("linked"):
        raise ValueError("`projects` is missing: name the keys of the projects whose issues are cases, `[SUP]`")
    email, token, client = _login(settings, edition)
    releases = _part(settings, "releases")
    told = Told(
        url=url,
        edition=edition,
        projects=projects,
        mapping=parse(settings.get("mapping") or {}),
        email=email,
        token=token,
        client=client,
        jql=_text(settings, "jql"),
        is_service_desk=_yes_no(settings, "service_desk"),
        visibility=_visibility(_part(settings, "note_visibility")),
        statuses=_words(_part(settings, "statuses"), "statuses", STATUSES),
        reasons={name: str(reason) for name, reason in _part(settings, "reasons").items()},
        kinds=tuple(_kind(name, said) for name, said in _part(settings, "linked").items()),
        releases=_keys(releases, "projects") if releases else (),
        zone=str(releases.get("zone", "UTC")),
        case_url=_text(settings, "case_url"),
        slas={name.casefold(): Sla(name, said.get("state"), said.get("due")) for name, said in _slas(settings)},
        since=_since(settings),
        shown_within=_number(settings, "shown_within", 120, 10) * SECOND,
        page_size=_number(settings, "page_size", 50, 1),
        calls_per_second=_number(settings, "calls_per_second", 10, 1),
        webhook_secret=_text(settings, "webhook_secret"),
        webhook_url=_text(settings, "webhook_url"),
    )
    _require_apart(told)
    return told


def _require_apart(told: Told) -> None:
    known = dict.fromkeys(told.projects, "projects")
    for kind in told.kinds:
        for project in kind.projects:
            if project in known:
                raise ValueError(
                    f"`linked.{kind.name}.projects` names {project}, which stands in `{known[project]}` too"
                )
            known[project] = f"linked.{kind.name}.projects"
    if told.slas and not told.is_service_desk:
        raise ValueError("`slas` are Service Management's: set `service_desk: true`, or leave them out")
    if told.webhook_url is not None and told.client is None:
        raise ValueError("`webhook_url` is for a login by `client_id`; with a token an administrator makes the webhook")


def _login(settings: Mapping[str, Any], edition: Edition) -> tuple[str | None, str | None, OAuthClient | None]:
    email, token, client_id = (_text(settings, name) for name in ("email", "token", "client_id"))
    if edition == "data_center":
        if token is None:
            raise ValueError("`token` is missing: a personal access token of the account that Casewarden has in Jira")
        if email is not None or client_id is not None:
            raise ValueError("`email` and `client_id` are Cloud's; Data Center takes `token` alone")
        return None, token, None
    if client_id is not None:
        secret, cloud = _text(settings, "client_secret"), _text(settings, "cloud_id")
        if secret is None or cloud is None:
            raise ValueError("`client_id` needs `client_secret` and `cloud_id` beside it")
        if token is not None or email is not None:
            raise ValueError("`token` and `email` are another login than `client_id`; give one of the two")
        return (
            None,
            None,
            OAuthClient(client_id, secret, cloud, settings.get("token_url") or OAuthClient("", "").token_url),
        )
    if token is None or email is None:
        raise ValueError("`token` and `email` are needed (or `client_id`): an API token, and whose it is")
    return email, token, None


def _kind(name: str, said: Any) -> Kind:
    if not isinstance(said, Mapping):
        raise ValueError(f"`linked.{name}` is an object with `projects`")  # noqa: TRY004  # the contract names ValueError
    projects = _keys(said, "projects")
    if not projects:
        raise ValueError(f"`linked.{name}.projects` is missing: the keys of its projects")
    words = _words(_part(said, "statuses"), f"linked.{name}.statuses", WORDS)
    return Kind(name, projects, said.get("type", "Bug"), said.get("link_type", "Relates"), words)


def _words(said: Mapping[str, Any], where: str, known: tuple[str, ...]) -> Mapping[str, str]:
    for name, word in said.items():
        if word not in known:
            raise ValueError(f"`{where}.{name}` is one of {', '.join(known)}")
    return {name.casefold(): str(word) for name, word in said.items()}


def _slas(settings: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    found = _part(settings, "slas")
    for name, said in found.items():
        if not isinstance(said, Mapping) or not said:
            raise ValueError(f"`slas.{name}` names a fact at `state`, at `due` or both")
    return list(found.items())


def _visibility(said: Mapping[str, Any]) -> tuple[str, str] | None:
    if not said:
        return None
    if len(said) != 1:
        raise ValueError("`note_visibility` is one of `role` and `group`")
    ((kind, name),) = said.items()
    return str(kind), str(name)


def _since(settings: Mapping[str, Any]) -> int | None:
    text = _text(settings, "since")
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as problem:
        raise ValueError(f"`since` is no instant: {problem}") from None


def _text(settings: Mapping[str, Any], name: str) -> str | None:
    value = settings.get(name)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise ValueError(f"`{name}` is a text")
    return value


def _texts(settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = settings.get(name, ())
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise ValueError(f"`{name}` is a list of texts")
    return tuple(value)


def _keys(settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The keys of projects, as Jira writes them: a search takes any case, and an issue's own key has capitals."""
    return tuple(dict.fromkeys(one.strip().upper() for one in _texts(settings, name)))


def _part(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value: Json = settings.get(name) or {}
    if not isinstance(value, Mapping):
        raise ValueError(f"`{name}` is an object")  # noqa: TRY004  # the contract names ValueError
    return value


def _yes_no(settings: Mapping[str, Any], name: str) -> bool:
    value = settings.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"`{name}` is true or false")  # noqa: TRY004  # the contract names ValueError
    return value


def _number(settings: Mapping[str, Any], name: str, default: int, least: int) -> int:
    value = settings.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"`{name}` is a whole number, {least} or more")
    return value
