"""What `casewarden config show` prints is a configuration that says the same, with everything in it."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.config import keys
from casewarden.config.read_settings import read_settings
from casewarden.config.settings import (
    Caps,
    ConnectorSettings,
    HttpSettings,
    IngestKey,
    PersonalData,
    Retention,
    RulesetSource,
    SecretRef,
    Settings,
)
from casewarden.config.show import as_yaml, effective
from casewarden.ruleset.catalogue import GIVEN_PATHS

SECOND, DAY = 1_000_000, 86_400_000_000
FILE = Path("/etc/cw/casewarden.yaml")
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters=":@="), min_size=1, max_size=12
).filter(lambda text: text.strip() == text and bool(text))
FILES = st.builds(
    lambda folder, text: f"{folder}{text.replace('..', '_')}", st.sampled_from(["/srv/", "/etc/cw/x/"]), WORDS
)
REFS = st.one_of(
    st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True).map(lambda name: SecretRef("env", name)),
    FILES.map(lambda name: SecretRef("file", name)),
)
ODD = [
    "",
    "null",
    "yes",
    "true",
    "012",
    "1e5",
    "0x10",
    "~",
    "- a",
    "a: b",
    "#",
    "'",
    '"',
    "[",
    "12345678901234567890123",
]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9), WORDS, REFS, st.sampled_from(ODD)
)  # fmt: skip
# No key looks as if a secret stood under it: such values are not shown.
OPTIONS = st.dictionaries(
    st.sampled_from(["inbox", "outbox", "1", "no", "a b", "überall", "x.y"]), st.deferred(lambda: VALUES), max_size=3
)
VALUES: st.SearchStrategy[Any] = st.one_of(LEAVES, st.lists(LEAVES, max_size=3), st.deferred(lambda: OPTIONS))
KEPT = st.one_of(
    st.none(), st.integers(1, 1000).map(lambda days: days * DAY), st.integers(24, 99).map(lambda h: h * DAY // 24)
)
RATES = st.builds(lambda count, per: count / per, st.integers(1, 1000), st.sampled_from([1, 60, 3600]))
SENDERS = st.builds(IngestKey, NAMES.map(lambda name: f"x_{name}"), REFS)
CONNECTORS = st.builds(
    ConnectorSettings,
    name=NAMES,
    plugin=st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True),
    settings=OPTIONS,
    poll_every=st.integers(1, 86_400).map(lambda seconds: seconds * SECOND),
    rate=RATES,
    for_actions=st.frozensets(st.sampled_from(sorted(keys.ACTIONS)), max_size=3),
)  # fmt: skip
SETTINGS = st.builds(
    Settings,
    file=st.just(FILE),
    store=st.one_of(st.just("sqlite:////var/lib/cw/case warden.db"), st.just("postgresql://cw@db:5432/cw"), REFS),
    go_live=st.integers(0, 7_000_000_000).map(lambda seconds: seconds * SECOND),
    rulesets=st.lists(
        st.builds(RulesetSource, FILES.map(Path)) | st.just(RulesetSource(Path("a/b.yaml"), Path("/srv/r"), "v1.0~2")),
        min_size=1, max_size=3, unique=True,
    ).map(tuple),
    connectors=st.lists(CONNECTORS, min_size=1, max_size=3, unique_by=lambda one: one.name).map(tuple),
    personal_data=st.builds(PersonalData, REFS, st.frozensets(st.sampled_from(sorted(GIVEN_PATHS)), max_size=3)),
    http=st.builds(
        HttpSettings,
        host=st.sampled_from(["127.0.0.1", "::1", "web-1.example"]),
        port=st.integers(0, 65_535),
        max_body=st.integers(1, 100_000).map(lambda kilobytes: kilobytes * 1000),
        ingest=st.lists(SENDERS, max_size=2, unique_by=lambda one: one.source).map(tuple),
    ),
    shadow=st.just(value=True) | st.frozensets(NAMES, min_size=1, max_size=3) | st.just(value=False),
    caps=st.builds(Caps, *[st.integers(1, 1_000_000)] * 3, st.integers(1, 1000)),
    retention=st.builds(Retention, KEPT, KEPT, KEPT),
    customers=st.none() | FILES.map(Path),
    partitions=st.integers(1, 4096),
    log_level=st.sampled_from(["debug", "info", "warning", "error"]),
)  # fmt: skip


@given(SETTINGS)
@settings(max_examples=120, deadline=None)
def test_what_is_shown_says_the_same_when_it_is_read(one: Settings) -> None:
    if len({connector.name for connector in one.connectors} & {key.source for key in one.http.ingest}):
        return
    shown = effective(one, {})
    for text in (as_yaml(shown), json.dumps(shown, ensure_ascii=False)):
        found, diagnostics = read_settings(FILE, read=lambda _, text=text: text.encode())  # type: ignore[misc]
        assert [item.message for item in diagnostics.items] == [], text
        assert found == one
