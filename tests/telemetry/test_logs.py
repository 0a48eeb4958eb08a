"""One line of JSON for each record, ours and the libraries', found by ids."""

import io
import json
import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest
import structlog

from casewarden.telemetry.logs import Form, Level, configure_logs

pytestmark = pytest.mark.usefixtures("fresh_logging")


def logged(level: Level = "info", form: Form = "json") -> io.StringIO:
    stream = io.StringIO()
    configure_logs(level, stream, form)
    return stream


def records(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_has_time_level_event_and_the_ids_it_is_found_by_in_this_order() -> None:
    stream = logged()
    structlog.get_logger("casewarden.process").info(
        "decided", outcome="acted", connector="desk", rule="lower_it", decision=7, case="HELP-1"
    )
    (record,) = records(stream)
    assert list(record)[:7] == ["time", "level", "event", "case", "decision", "rule", "connector"]
    assert record["event"] == "decided"
    assert record["outcome"] == "acted"
    assert record["logger"] == "casewarden.process"
    time = datetime.strptime(str(record["time"]), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert time.tzinfo is UTC


def test_ids_bound_for_a_while_stand_in_every_record_made_meanwhile() -> None:
    stream = logged()
    log = structlog.get_logger()
    with structlog.contextvars.bound_contextvars(case="HELP-1"):
        log.info("decided")
    log.info("idle")
    first, second = records(stream)
    assert first["case"] == "HELP-1"
    assert "case" not in second


def test_what_is_below_the_level_is_not_written_and_a_second_call_changes_the_level() -> None:
    stream = logged("warning")
    log = structlog.get_logger()
    log.info("decided")
    logging.getLogger("alembic.runtime.migration").info("Context impl SQLiteImpl.")
    assert records(stream) == []
    stream = logged("info")
    log.info("decided")
    logging.getLogger("alembic.runtime.migration").info("Context impl %s.", "SQLiteImpl")
    assert [record["event"] for record in records(stream)] == ["decided", "Context impl SQLiteImpl."]


def test_importing_configures_nothing() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            """
import logging, structlog, casewarden.telemetry.logs, sys
assert not logging.getLogger().handlers and not structlog.is_configured()
assert sys.excepthook is sys.__excepthook__
""",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_requests_path_is_told_without_its_query_and_without_who_asked() -> None:
    stream = logged("debug")
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "203.0.113.9:4711", "GET", "/cases?mail=ann@example.org", "1.1", 200
    )
    (record,) = records(stream)
    assert {key: record[key] for key in ("event", "method", "path", "status")} == {
        "event": "request",
        "method": "GET",
        "path": "/cases",
        "status": 200,
    }
    assert "203.0.113.9" not in stream.getvalue()


def test_a_line_for_every_request_is_written_at_debug_only() -> None:
    stream = logged("info")
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "h", "GET", "/metrics", "1.1", 200)
    logging.getLogger("httpx").info("HTTP Request: %s", "https://desk.example/t")
    assert records(stream) == []


def test_a_job_is_told_by_what_is_done_with_it_and_not_by_its_arguments() -> None:
    stream = logged()
    job = {"id": 12, "task_name": "own", "task_kwargs": {"note": "Dear all"}, "attempts": 1, "call_string": "own(x)"}
    logging.getLogger("procrastinate.worker").info("Starting own(Dear all)", extra={"action": "start_job", "job": job})
    (record,) = records(stream)
    assert (record["event"], record["job"], record["task"]) == ("start job", 12, "own")
    assert "Dear all" not in stream.getvalue()


def test_a_librarys_template_is_shown_and_what_fills_it_is_not() -> None:
    stream = logged()
    logging.getLogger("parser").warning("Cannot read %s of %s", "Dear all", "ann")
    logging.getLogger("parser").warning("Dear all")
    first, second = records(stream)
    assert first["event"] == "Cannot read %s of %s"
    assert second["event"] == "a library's message, left out"
    assert str(second["place"]).startswith("test_logs.py:")


def test_a_librarys_message_that_does_not_fit_its_arguments_is_no_reason_to_print_them() -> None:
    stream = logged("debug")
    logging.getLogger("parser").warning("%d cannot be read", "Dear all")
    assert [record["event"] for record in records(stream)] == ["%d cannot be read"]


def test_an_exception_is_told_by_kind_code_place_and_cause() -> None:
    stream = logged()

    def fail() -> None:
        raise OSError(28, "No space left on device")

    try:
        try:
            fail()
        except OSError as error:
            raise RuntimeError("Dear all") from error
    except RuntimeError:
        structlog.get_logger().exception("the store cannot be written")
    (record,) = records(stream)
    told = record["error"]
    assert isinstance(told, dict)
    assert told["type"] == "RuntimeError"
    assert (told["cause"]["type"], told["cause"]["code"]) == ("OSError", "ENOSPC")
    assert told["cause"]["at"][-1].startswith("telemetry/test_logs.py:")
    assert told["cause"]["at"][-1].endswith(" fail")
    assert "Dear all" not in stream.getvalue()


def test_an_exceptions_text_is_shown_at_debug() -> None:
    stream = logged("debug")
    structlog.get_logger().error("the page cannot be read", exc_info=ValueError("no such field: mood"))
    (record,) = records(stream)
    assert isinstance(record["error"], dict)
    assert record["error"]["text"] == "no such field: mood"


def test_an_exception_in_a_group_and_one_that_is_its_own_cause_come_to_an_end() -> None:
    stream = logged()
    group = ExceptionGroup("Dear all", [ValueError("Dear all"), KeyError("Dear all")])
    group.__cause__ = group
    structlog.get_logger().error("both failed", exc_info=group)
    (record,) = records(stream)
    assert isinstance(record["error"], dict)
    assert [inside["type"] for inside in record["error"]["inside"]] == ["ValueError", "KeyError"]
    assert "Dear all" not in stream.getvalue()


def test_an_exception_that_ends_a_thread_is_logged() -> None:
    stream = logged()

    def fail() -> None:
        raise ValueError("Dear all")

    thread = threading.Thread(target=fail, name="deliver-desk")
    thread.start()
    thread.join()
    (record,) = records(stream)
    assert (record["event"], record["thread"]) == ("a thread ends by an exception", "deliver-desk")
    assert "Dear all" not in stream.getvalue()


def test_an_exception_that_ends_the_process_is_logged() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            """
import sys
from casewarden.telemetry.logs import configure_logs
configure_logs("info", sys.stderr)
raise ValueError("Dear all")
""",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    record = json.loads(done.stderr)
    assert record["error"]["type"] == "ValueError"
    assert "Dear all" not in done.stderr


def test_keys_that_are_not_on_the_list_are_counted_and_not_named() -> None:
    stream = logged()
    structlog.get_logger().info("decided", case="HELP-1", text="Dear all", **{"Ann Example": 1})
    (record,) = records(stream)
    assert record["left_out"] == 2
    assert not {"text", "Ann Example"} & set(record)


@pytest.mark.parametrize("value", ["Dear all", "a" * 201, {"a": 1}, ["Dear all"], object(), b"x", "a\nb", "a\u2028b"])
def test_what_has_no_shape_of_an_id_is_left_out_under_a_listed_key_as_well(value: object) -> None:
    stream = logged()
    structlog.get_logger().info("decided", case=value)
    (record,) = records(stream)
    assert "case" not in record
    assert record["left_out"] == 1


def test_an_address_is_no_id() -> None:
    stream = logged()
    structlog.get_logger().info("decided", case="ann@example.org", lane="acme@trial")
    (record,) = records(stream)
    assert (record["case"], record["lane"]) == ("[hidden]", "acme@trial")


def test_at_debug_all_values_are_shown() -> None:
    stream = logged("debug")
    structlog.get_logger().debug("fetched", ticket="T-1", fields={"mood": "bad", 1: {2}, "deep": [[[[[[[1]]]]]]]})
    (record,) = records(stream)
    assert record["fields"] == {"mood": "bad", "1": [2], "deep": [[[["[[[1]]]"]]]]}


def test_lines_for_people_cannot_steer_the_terminal() -> None:
    stream = logged("debug", "console")
    structlog.get_logger("desk").debug("fetched", ticket="T-1", note="\x1b[2Ja\nb", word="a b", sign="a=b")
    (line,) = stream.getvalue().splitlines()
    assert line[15:] == r'Z debug   fetched logger=desk ticket=T-1 note="\u001b[2Ja\nb" word=a b sign="a=b"'


def test_a_line_that_cannot_be_written_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device", text)

    told = io.StringIO()
    monkeypatch.setattr(sys, "__stderr__", told)
    configure_logs("info", Full())
    structlog.get_logger().info("decided", case="HELP-1")
    assert told.getvalue().startswith("casewarden: a line of the log was lost (OSError), from test_logs.py:")
    assert "HELP-1" not in told.getvalue()
