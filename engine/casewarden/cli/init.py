"""`casewarden init`: a configuration, and the keys that belong to it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

if TYPE_CHECKING:
    from casewarden.config.fresh import Question

_OPTIONS: Final = {
    "rulesets": "Rulesets: files with commas, or a ruleset that comes along.",
    "store": "Address of the store, or the variable that holds it.",
    "go-live": "The instant from which the sidecar acts, with its offset.",
    "connector": "Name for the exchange of events and actions by files.",
    "sender": "Name for somebody who sends events by HTTP, or none.",
    "shadow": "yes: decide and record, and do nothing else; no: act.",
    "paths": "Facts that are personal: paths with commas, or none.",
}


def _answering(function: Callable[..., None]) -> Callable[..., None]:
    for name, text in reversed(_OPTIONS.items()):
        function = click.option(f"--{name}", metavar="TEXT", help=text)(function)
    return function


@click.command()
@click.option("-y", "--yes", "silent", is_flag=True, help="Ask nothing: take what is offered for all that is not said.")
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@_answering
def command(folder: Path, silent: bool, **options: str | None) -> None:
    """Write a configuration into FOLDER (here if it is left out), with a fresh key for personal data.

    What is not said by options is asked. Nothing that is there is written over: a key that is there is used. Exits with
    2 where there is a configuration already, or where an answer is refused.
    """
    from casewarden import clock
    from casewarden.config.fresh import NAME, questions
    from casewarden.shipped import shipped

    if (folder / NAME).exists() or (folder / NAME).is_symlink():
        _refuse(f"{folder / NAME} is there already; `casewarden config check {folder / NAME}` checks it")
    now = clock.now().replace(second=0, microsecond=0, tzinfo=None).isoformat(timespec="minutes") + "Z"
    schema = (shipped("schemas") / "config.schema.json").as_uri()
    asked = questions(now, _rulesets_there(folder) or "starter")
    given = {key: text for key, text in options.items() if text is not None}
    _write(folder, _answers(folder, asked, given, schema, silent=silent), schema)


def _rulesets_there(folder: Path) -> str:
    """The rulesets of the folder, and of the folders in `rules`; empty where there is none."""
    from casewarden.ruleset.diagnostics import Diagnostics
    from casewarden.ruleset.document import read_file, read_main
    from casewarden.ruleset.nodes import Map, read_yaml

    found = []
    for file in sorted({*folder.glob("*.yaml"), *folder.glob("rules/*.yaml"), *folder.glob("rules/*/*.yaml")}):
        data = read_main(file, read_file, Diagnostics())
        node = None if data is None else read_yaml(data, str(file), Diagnostics())
        if isinstance(node, Map) and node.get("casewarden") is not None and node.get("ruleset") is not None:
            found.append(file.relative_to(folder).as_posix())
    return ",".join(found)


def _answers(
    folder: Path, asked: tuple["Question", ...], given: dict[str, str], schema: str, *, silent: bool
) -> dict[str, str]:
    """An answer to each question; those that are typed are asked for again where they are refused."""
    from casewarden.config.fresh import AnswerError

    answers = {question.key: question.default for question in asked} | given
    for question in asked:
        said = given.get(question.key)
        while True:
            answer = said if said is not None else question.default if silent else _prompt(question)
            try:
                answers[question.key] = _settled(folder, question.key, answer.strip(), answers, schema)
                break
            except AnswerError as problem:
                fix = "" if problem.fix is None else f"; {problem.fix}"
                if said is not None or silent:
                    _refuse(f"--{question.key.replace('_', '-')}: {problem}{fix}")
                click.echo(f"  {problem}{fix}", err=True)
    return answers


def _settled(folder: Path, key: str, answer: str, answers: dict[str, str], schema: str) -> str:
    """The answer as it goes into the file; AnswerError."""
    from casewarden.config.fresh import judge

    judge(answers | {key: answer}, schema)
    if key == "rulesets":
        _judge_rulesets(folder, answer)
    return answer


def _judge_rulesets(folder: Path, answer: str) -> None:
    from casewarden.config.fresh import AnswerError, several
    from casewarden.ruleset.files import exists, is_folder
    from casewarden.ruleset.load import load

    for name in several(answer):
        path = folder / name
        if _comes_along(folder, name):
            continue
        if not exists(path):
            raise AnswerError(f"there is no `{path}`", f"name a file, or one that comes along: {', '.join(_shipped())}")
        if is_folder(path):
            raise AnswerError(f"`{path}` is a folder", f"name the file in it, such as `{name}/{path.name}.yaml`")
        if load(path)[0] is None:
            raise AnswerError(f"`{path}` has errors", f"see what `casewarden check {path}` tells")


def _shipped() -> list[str]:
    from casewarden.shipped import shipped

    return sorted(path.name for path in shipped("rules").iterdir() if path.is_dir())


def _comes_along(folder: Path, name: str) -> bool:
    from casewarden.ruleset.files import exists

    return name in _shipped() and not exists(folder / name)


def _prompt(question: "Question") -> str:
    try:
        answer: Any = click.prompt(f"{question.asks}\n  {question.says}\n ", default=question.default, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        _refuse(f"\nThe input ended before `{question.key}` was answered; see --yes.")
    return str(answer)


def _write(folder: Path, answers: dict[str, str], schema: str) -> None:
    """Write all files, the configuration last; what was written is taken away again where one cannot be."""
    from casewarden.cli.atomic import create_text
    from casewarden.config.fresh import KEY_FILE, NAME, NONE, configuration, secret_file, several

    rulesets, files = _copies(folder, several(answers["rulesets"]))
    keys = [KEY_FILE, *([] if answers["sender"] == NONE else [secret_file(answers["sender"])])]
    kept = [name for name in keys if _is_kept(folder, name)]
    inbox = folder / "inbox"
    written: list[Path] = []
    try:
        for name, text in [
            *((name, _fresh_secret(name)) for name in keys if name not in kept),
            *files.items(),
            (NAME, configuration(answers | {"rulesets": ",".join(rulesets)}, schema)),
        ]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            create_text(folder / name, text, mode=0o600 if name in keys else 0o644)
            written.append(folder / name)
        inbox.mkdir(exist_ok=True)
    except OSError as error:
        for path in written:
            path.unlink()
        why = "is there already" if isinstance(error, FileExistsError) else f"cannot be written: {error.strerror}"
        _refuse(f"{error.filename or folder} {why}")
    for name in kept:
        click.echo(f"{folder / name} is there already and is used.")
    where = "this folder" if folder == Path() else str(folder)
    click.echo(f"{len(written)} files written to {where}. Next:")
    click.echo(f"  casewarden config check {folder / NAME}")


def _copies(folder: Path, names: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """The rulesets as the configuration names them, and the files of those that come along."""
    from casewarden.scenario.fresh.copied import copied
    from casewarden.shipped import shipped

    rulesets, files = [], {}
    for name in names:
        if not _comes_along(folder, name):
            rulesets.append(name)
            continue
        fresh = copied(shipped("rules") / name, None)
        rulesets.append(f"rules/{name}/{fresh.main}")
        files.update({f"rules/{name}/{file}": text for file, text in fresh.files.items()})
    return rulesets, files


def _is_kept(folder: Path, name: str) -> bool:
    """Whether a secret is there already; exits with 2 where the file is no secret that can be used."""
    from casewarden.config.fresh import KEY_FILE
    from casewarden.config.secrets import SecretError, key_bytes, secret_value
    from casewarden.config.settings import SecretRef

    path = folder / name
    if not (path.exists() or path.is_symlink()):
        return False
    try:
        value = secret_value(SecretRef("file", name), environ={}, base=folder)
        if name == KEY_FILE:
            key_bytes(value, f"the file `{name}`")
    except SecretError as error:
        _refuse(f"{path} is there already and cannot be used: {error}; move it away, or repair it")
    return True


def _fresh_secret(name: str) -> str:
    import secrets

    from casewarden.config.fresh import KEY_FILE
    from casewarden.config.secrets import KEY_BYTES, key_text

    return key_text(secrets.token_bytes(KEY_BYTES)) if name == KEY_FILE else f"{secrets.token_urlsafe(KEY_BYTES)}\n"


def _refuse(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)
