"""Language codes, against the examples of RFC 5646 (appendix A) and mistakes that people make."""

import re

import pytest

from casewarden.ruleset.languages import is_language, nearest_language, subtags
from casewarden.ruleset.schema.sections import LANGUAGE

VALID = (
    "de", "fr", "ja", "zh-Hant", "zh-Hans", "sr-Cyrl", "sr-Latn", "zh-cmn-Hans-CN", "cmn-Hans-CN", "zh-yue-HK",
    "yue-HK", "zh-Hans-CN", "sr-Latn-RS", "sl-rozaj", "sl-rozaj-biske", "sl-nedis", "de-CH-1901", "sl-IT-nedis",
    "hy-Latn-IT-arevela", "de-DE", "en-US", "es-419", "de-CH-x-phonebk", "az-Arab-x-AZE-derbend",
    "qaa-Qaaa-QM-x-southern", "de-Qaaa", "sr-Latn-QM", "sr-Qaaa-RS", "en-US-u-islamcal", "zh-CN-a-myext-x-private",
    "en-a-myext-b-another",
)  # fmt: skip
INVALID = (
    "de-419-DE",
    "a-DE",
    "EN",
    "en_US",
    "en-",
    "-en",
    "en--US",
    "x-whatever",
    "",
    "english",
    "en-\u0661\u0662\u0663",
)
MEANT = {
    "eng": "en", "ger": "de", "deu": "de", "fre": "fr", "english": "en", "English": "en", "germna": "de",
    "Deutsch": "de", "français": "fr", "EN": "en", "en_US": "en-US", "en_us": "en-US", "en-UK": "en-GB", "cz": "cs",
    "jp": "ja", "pt_br": "pt-BR", "zh_hans_cn": "zh-hans-CN", "french-ca": "fr-CA", "en-": "en",
}  # fmt: skip


@pytest.mark.parametrize("code", VALID)
def test_the_examples_of_the_rfc_are_languages(code: str) -> None:
    assert is_language(code)
    assert re.fullmatch(LANGUAGE, code.partition("-x-")[0].partition("-a-")[0].partition("-u-")[0])


@pytest.mark.parametrize("code", INVALID)
def test_other_shapes_are_none(code: str) -> None:
    assert not is_language(code)


@pytest.mark.parametrize("code", ["xx", "cz", "jp", "eng", "ger", "xxx", "en-UK", "de-ZY"])
def test_languages_and_regions_that_do_not_exist_are_none(code: str) -> None:
    assert not is_language(code)


@pytest.mark.parametrize("written", MEANT)
def test_what_was_meant_is_said(written: str) -> None:
    assert nearest_language(written) == MEANT[written]


@pytest.mark.parametrize("written", ["", "x", "klingon", "!", "ünïcödé"])
def test_nothing_is_said_where_nothing_is_near(written: str) -> None:
    assert nearest_language(written) is None


def test_the_list_is_whole() -> None:
    found = subtags()
    assert len(found.names) in {183, 184, 185}  # ISO 639-1 has 183; the registry keeps `bh` and `sh`
    assert {len(code) for code in found.languages} == {2, 3}
    assert not found.languages & found.same.keys()
    assert {"gsw", "rm", "iw", "tlh"} <= found.languages
    assert {"CH", "419", "GB"} <= found.regions
    assert all(re.fullmatch(LANGUAGE, code) for code in found.languages)
