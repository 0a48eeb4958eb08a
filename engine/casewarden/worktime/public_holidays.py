"""Public holidays of a country or one of its subdivisions, copied once into plain values.

The objects of the `holidays` package fill themselves when they are asked, are not safe in threads, and take their
language from the machine's locale. Here the years and the language are stated, all is read at once under a lock, and
only dates and names leave.
"""

import datetime as dt
import difflib
import threading
from collections.abc import Iterable, Mapping

from casewarden.worktime.errors import UnknownRegion, WorktimeError
from casewarden.worktime.spec import Holiday

_reading = threading.Lock()


def holiday_set(
    country: str,
    subdivision: str | None,
    years: range,
    *,
    add: Mapping[dt.date, str] | None = None,
    remove: Iterable[dt.date] = (),
) -> tuple[Holiday, ...]:
    """The public holidays of `country` (ISO 3166 code) and `subdivision` in `years`, with local changes, by date.

    Names are English where the package has them, else in the country's own language. UnknownRegion names the nearest
    known code; WorktimeError where a date to be removed is no holiday.
    """
    region = f"{country}-{subdivision}" if subdivision else country
    found = {date: Holiday(date, name, region) for date, name in _public(country, subdivision, years)}
    for date in sorted(remove):
        if found.pop(date, None) is None:
            raise WorktimeError(f"{date} is no public holiday of {region} in these years.", "Remove only what is one.")
    for date, name in (add or {}).items():
        found[date] = Holiday(date, name)
    return tuple(found[date] for date in sorted(found))


def _public(country: str, subdivision: str | None, years: range) -> list[tuple[dt.date, str]]:
    from holidays import country_holidays, list_supported_countries  # noqa: PLC0415 - slow, and only for those who ask

    with _reading:
        known = list_supported_countries(include_aliases=True)
        if country not in known:
            message = f"No public holidays are known for a country '{country}'."
            raise UnknownRegion("country", message, _country_hint(country, known))
        divisions = list(known[country])
        if subdivision is not None and subdivision not in divisions:
            message = f"There is no subdivision '{subdivision}' of {country}."
            raise UnknownRegion("subdivision", message, _division_hint(subdivision, divisions))
        plain = country_holidays(country, subdiv=subdivision, expand=False)
        if years.start < plain.start_year or years.stop - 1 > plain.end_year:
            message = f"The public holidays of {country} are known for {plain.start_year} to {plain.end_year} only."
            raise UnknownRegion("years", message, "Write years within these.")
        language = "en_US" if "en_US" in (plain.supported_languages or ()) else plain.default_language
        named = country_holidays(country, subdiv=subdivision, years=years, expand=False, language=language)
        return sorted((date, str(name)) for date, name in named.items() if date.year in years)


def _country_hint(wanted: str, known: Mapping[str, object]) -> str:
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - as above

    if wanted.upper() in known:
        return f"Did you mean '{wanted.upper()}'?"
    names = {module: entry[1] for module, entry in sorted(COUNTRIES.items())}
    if near := difflib.get_close_matches(wanted.strip().lower().replace(" ", "_"), names, n=1, cutoff=0.75):
        return f"Did you mean '{names[near[0]]}'?"
    return "Write its ISO 3166 code, such as CH or US."


def _division_hint(wanted: str, known: list[str]) -> str:
    if not known:
        return "It has none: leave the subdivision out."
    folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    near = difflib.get_close_matches(wanted.casefold(), folded, n=1)
    if near:
        return f"Did you mean '{folded[near[0]]}'?"
    codes = sorted(known, key=lambda name: (len(name), name))
    return f"It has {', '.join(codes[:12])}{' and others' if len(codes) > 12 else ''}."
