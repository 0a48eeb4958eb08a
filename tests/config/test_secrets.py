"""Secrets come from where they are kept and are shown nowhere, however the file is written or broken."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewarden.config.check import check_configuration
from casewarden.config.connect import connector_settings
from casewarden.config.read_settings import read_settings
from casewarden.config.secrets import SecretError, key_text, personal_key, secret_value, store_url, with_secrets
from casewarden.config.settings import SecretRef
from casewarden.config.show import as_yaml, effective
from casewarden.report.diagnostics import render_json, render_text
from casewarden.report.sarif import render_sarif
from support.configurations import BAD, ENVIRON, PLUGINS

SECRET = "Tr0ub4dor-and-3"
PLACES = {
    "token": ("token: {env: DESK_TOKEN}", f"token: {SECRET}"),
    "quoted": ("token: {env: DESK_TOKEN}", f'token: "{SECRET}"'),
    "variable": ("{env: DESK_TOKEN}", f"{{env: {SECRET}}}"),
    "as a key": ("{env: DESK_TOKEN}", f"{{{SECRET}: x}}"),
    "in a list": ("{env: DESK_TOKEN}", f"[{SECRET}]"),
    "mistyped key": ("token:", f"tokne: {SECRET}, token:"),
    "password": ("token:", f"password: {SECRET}, token:"),
    "address": ("https://desk.example", f"https://joe:{SECRET}@desk.example"),
    "key": ("{file: good.key}", SECRET),
    "store": ("sqlite:///casewarden.db", f"postgresql://joe:{SECRET}@db.example/casewarden"),
    "store as DSN": ("sqlite:///casewarden.db", f"host=db user=joe password={SECRET}"),
    "store with a query": ("sqlite:///casewarden.db", f"postgresql://db/casewarden?password={SECRET}"),
    "other database": ("sqlite:///casewarden.db", f"mysql://joe:{SECRET}@db.example/casewarden"),
    "block": ("token: {env: DESK_TOKEN}", f'"token":\n      {SECRET}'),
}
GOOD = (BAD / "good.yaml").read_text(encoding="utf-8")


def shown(text: str) -> str:
    """All that is ever printed of a configuration."""
    data = text.encode("utf-8", "surrogatepass")
    own = BAD / "casewarden.yaml"

    def read(path: Path) -> bytes:
        return data if path.name == own.name else path.read_bytes()

    checked = check_configuration(own, environ=ENVIRON, plugins=PLUGINS, read=read)
    found, plain = read_settings(own, read=read)
    printed = [render(each) for each in (checked.diagnostics, plain) for render in (render_text, render_json)]
    printed.append(render_sarif(checked.diagnostics))
    if found is not None:
        for values in (effective(found, PLUGINS), effective(found, {})):
            printed += [as_yaml(values), json.dumps(values)]
    return "\n".join(printed)


@pytest.mark.parametrize("name", PLACES)
def test_a_secret_in_clear_is_shown_nowhere(name: str) -> None:
    right, wrong = PLACES[name]
    assert right in GOOD
    text = GOOD.replace(right, wrong, 1)
    assert SECRET in text
    assert SECRET not in shown(text)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("seed", range(12))
def test_a_secret_is_shown_nowhere_in_a_file_that_is_broken(name: str, seed: int) -> None:
    chance = random.Random(seed)
    right, wrong = PLACES[name]
    text = GOOD.replace(right, wrong, 1)
    start, at = text.index(wrong), text.index(SECRET)
    for _ in range(chance.randint(1, 2)):
        if chance.random() < 0.5:  # near the secret
            cut = chance.choice([at - 1, at + len(SECRET), at + len(SECRET) + 1])
        else:
            cut = chance.randrange(len(text))
        if not start < cut < at - 1 and not at < cut < at + len(SECRET):  # words that say what it is stay whole
            text = (
                text[:cut]
                + chance.choice([":", "{", "}", "'", '"', ",", "\t", "%", "&", "*", "!", "\n", "]", "é"])
                + text[cut:]
            )
        start, at = start + (cut <= start), text.index(SECRET)
    assert SECRET not in shown(text)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="/"), min_size=6, max_size=40))
@settings(max_examples=150, deadline=None)
def test_whatever_a_secret_is_made_of(secret: str) -> None:
    """Quoted as JSON, and never a word that stands in the file or in messages anyway."""
    secret = f"{secret}\u2603{secret}"
    text = GOOD.replace("{env: DESK_TOKEN}", json.dumps(secret, ensure_ascii=False))
    assert secret not in shown(text)


@pytest.mark.parametrize("name", PLACES)
def test_a_configuration_that_names_itself_as_a_ruleset_does_not_show_itself(name: str) -> None:
    right, wrong = PLACES[name]
    text = GOOD.replace(right, wrong, 1).replace("[support.yaml]", "[./casewarden.yaml, ../bad/casewarden.yaml]")
    printed = shown(text)
    assert "CW928" in printed
    assert SECRET not in printed


def test_what_is_kept_elsewhere_never_comes_near(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n", encoding="utf-8")
    (tmp_path / "good.key").write_text(SECRET, encoding="utf-8")
    text = GOOD.replace("{env: DESK_TOKEN}", "{file: token}").replace("sqlite:///casewarden.db", "{env: STORE}")
    (tmp_path / "casewarden.yaml").write_text(text, encoding="utf-8")
    environ = {"STORE": f"mysql://joe:{SECRET}@db/x", "DESK_TOKEN": SECRET}
    checked = check_configuration(tmp_path / "casewarden.yaml", environ=environ, plugins=PLUGINS)
    assert {item.code for item in checked.diagnostics.items} >= {"CW922", "CW924"}
    for render in (render_text, render_json, render_sarif):
        assert SECRET not in render(checked.diagnostics)


# -- reading them


def test_a_secret_comes_from_the_environment_or_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\n")
    (tmp_path / "b").write_bytes(b"two \r\n")
    (tmp_path / "c").write_bytes("drei\n\nö".encode())
    read = [secret_value(SecretRef("file", name), environ={}, base=tmp_path) for name in "abc"]
    assert read == ["one", "two ", "drei\n\nö"]
    assert secret_value(SecretRef("file", str(tmp_path / "a")), environ={}, base=Path("elsewhere")) == "one"
    assert secret_value(SecretRef("env", "A"), environ={"A": " x "}, base=tmp_path) == " x "


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("absent", None, "is missing"),
        ("empty", b"\n", "is empty"),
        ("binary", b"\xff\xfe\xfd", "is no text"),
        ("huge", b"x" * 200_000, "more than 100000 bytes"),
        ("nul\0", None, "cannot be read"),
    ],
)
def test_a_file_without_a_secret_is_told(tmp_path: Path, name: str, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SecretError, match=why):
        secret_value(SecretRef("file", name), environ={}, base=tmp_path)


def test_a_folder_and_a_pipe_are_no_secrets(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "pipe"):
        with pytest.raises(SecretError, match="no ordinary file"):
            secret_value(SecretRef("file", name), environ={}, base=tmp_path)


@pytest.mark.parametrize("environ", [{}, {"A": ""}, {"A": " \n"}])
def test_a_variable_without_a_secret_is_told(environ: dict[str, str]) -> None:
    with pytest.raises(SecretError, match=r"`A` is (not set|empty)"):
        secret_value(SecretRef("env", "A"), environ=environ, base=Path())


def test_secrets_are_put_into_settings_however_deep_and_files_where_the_configuration_lies(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken\n", encoding="utf-8")
    values: dict[str, Any] = {"a": SecretRef("env", "A"), "b": [{"c": SecretRef("file", "token")}, 1], "d": "inbox"}
    assert with_secrets(values, environ={"A": "x"}, base=tmp_path) == {"a": "x", "b": [{"c": "t0ken"}, 1], "d": "inbox"}
    found, _ = read_settings(BAD / "good.yaml")
    assert found is not None
    schema: Any = {"properties": {"url": {"type": "string", "format": "path"}, "token": {"type": "string"}}}
    given_ = connector_settings(found.connectors[0], schema, environ=ENVIRON, base=tmp_path)
    assert given_ == {"url": str(tmp_path / "https:/desk.example"), "token": ENVIRON["DESK_TOKEN"]}
    with pytest.raises(SecretError):
        connector_settings(found.connectors[0], schema, environ={}, base=tmp_path)


def test_the_key_is_32_bytes_in_base64(tmp_path: Path) -> None:
    (tmp_path / "casewarden.yaml").write_text(GOOD, encoding="utf-8")
    found, _ = read_settings(tmp_path / "casewarden.yaml")
    assert found is not None
    (tmp_path / "good.key").write_text(key_text(bytes(range(32))), encoding="utf-8")
    assert personal_key(found, environ={}) == bytes(range(32))
    for wrong in ("x", "A" * 44, key_text(bytes(31)), key_text(bytes(33)), "é"):
        (tmp_path / "good.key").write_text(wrong, encoding="utf-8")
        with pytest.raises(SecretError, match="holds no key"):
            personal_key(found, environ={})


@pytest.mark.parametrize(
    ("held", "url"),
    [
        ("postgresql://joe:p%40ss@db/cw", "postgresql://joe:p%40ss@db/cw"),
        ("postgresql://db/cw?password=x", "postgresql://db/cw?password=x"),
        ("postgresql://db/cw", "postgresql://db/cw"),
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("mysql://joe:x@db/cw", None),
        ("postgresql://joe:x@db", None),
        ("sqlite://", None),
        ("hello", None),
    ],
)
def test_the_store_may_be_kept_with_its_password(held: str, url: str | None) -> None:
    text = GOOD.replace("sqlite:///casewarden.db", "{env: STORE}")
    found, _ = read_settings(Path("casewarden.yaml"), read=lambda _: text.encode())
    assert found is not None
    if url is not None:
        assert store_url(found, environ={"STORE": held}) == url
        return
    with pytest.raises(SecretError, match="holds is no store") as caught:
        store_url(found, environ={"STORE": held})
    assert "joe" not in f"{caught.value} {caught.value.fix}"


def test_relative_stores_lie_where_the_configuration_does() -> None:
    for text, environ in (
        (GOOD, {}),
        (GOOD.replace("sqlite:///casewarden.db", "{env: S}"), {"S": "sqlite:///casewarden.db"}),
    ):
        found, _ = read_settings(Path("/etc/cw/casewarden.yaml"), read=lambda _, text=text: text.encode())  # type: ignore[misc]
        assert found is not None
        assert store_url(found, environ=environ) == "sqlite:////etc/cw/casewarden.db"
