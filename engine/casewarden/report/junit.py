"""Outcomes of scenario tests as JUnit XML, in the form that build servers read."""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from casewarden.report.diagnostics import render_text
from casewarden.report.scenarios import render_failure
from casewarden.ruleset.diagnostics import Diagnostics
from casewarden.scenario.suite import FileOutcome

# Characters that XML 1.0 cannot hold.
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(found: Sequence[FileOutcome], diagnostics: Diagnostics, seconds: Mapping[str, float]) -> str:
    """One suite for each file, one case for each test; a file that cannot be read is a suite with one error.

    `seconds` is how long each file took, by its path.
    """
    top = ET.Element("testsuites", name="casewarden")
    totals = {"tests": 0, "failures": 0, "errors": 0}
    for one in found:
        failed = [outcome for outcome in one.outcomes if not outcome.passed]
        counts = {
            "tests": len(one.outcomes) if one.file is not None else 1,
            "failures": len(failed),
            "errors": int(one.file is None),
        }
        for word, count in counts.items():
            totals[word] += count
        name = str(one.path)
        suite = ET.SubElement(top, "testsuite", name=_xml(name), skipped="0")
        for word, count in counts.items():
            suite.set(word, str(count))
        suite.set("time", f"{seconds.get(name, 0.0):.3f}")
        if one.file is None:
            case = ET.SubElement(suite, "testcase", classname=_xml(name), name="(reading)")
            error = ET.SubElement(case, "error", message="the file cannot be read")
            error.text = _xml(render_text(diagnostics))
        for outcome in one.outcomes:
            case = ET.SubElement(suite, "testcase", classname=_xml(name), name=_xml(outcome.scenario.name))
            if not outcome.passed:
                first = outcome.mismatches[0]
                message = f"{first.what}: expected {first.expected}, actual {first.actual}"
                failure = ET.SubElement(case, "failure", message=_xml(message), type="mismatch")
                failure.text = _xml(render_failure(outcome))
    for word, count in totals.items():
        top.set(word, str(count))
    ET.indent(top)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
