"""Every diagnostic code that exists: its title and what it means for an author.

One entry a code, in its range: CW1xx reading a file, CW2xx shape, CW3xx names, CW4xx types and units, CW5xx tables
and coverage, CW6xx rules, CW7xx clauses and interpretations, CW8xx histories and mapping files, CW9xx tests and
configuration. A code is never used again for something else once it was released.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code, its title (a noun phrase, no full stop) and its explanation (whole sentences)."""

    code: str
    title: str
    explanation: str


_READING: Final = (
    CodeEntry("CW100", "file cannot be opened", "The file is missing, is a folder, or may not be read."),
    CodeEntry(
        "CW101", "file too large", "More than 5 MB are refused before they are read; split the file by `include`."
    ),
    CodeEntry("CW102", "not YAML", "The text breaks the rules of YAML at this place, so nothing after it was read."),
    CodeEntry("CW103", "tab where YAML wants spaces", "YAML allows no tab in front of a key, a dash or a value."),
    CodeEntry(
        "CW104", "not UTF-8", "Files are read as UTF-8; these bytes are something else, often Latin-1 or UTF-16."
    ),
    CodeEntry("CW105", "byte order mark", "The file begins with an invisible mark that some tools take for a letter."),
    CodeEntry("CW106", "forbidden character", "Control characters and rare line separators may not stand in a file."),
    CodeEntry("CW107", "key given twice", "A mapping has one value for each key; only the first was taken."),
    CodeEntry("CW108", "empty value", "Every key and every dash has a value; leave the key out if there is none."),
    CodeEntry("CW109", "comma inside { }", "Inside { } and [ ] a comma ends a value: quote sentences with commas."),
    CodeEntry("CW110", "key is not a word", "A key is a word: no list, mapping, alias, or `?` form."),
    CodeEntry("CW111", "tag", "Tags (`!name`) are refused: every value gets its type from its place."),
    CodeEntry("CW112", "several documents", "A file holds one document; what follows the second `---` was not read."),
    CodeEntry("CW113", "merge key", "`<<` is not part of the language: name an anchor for a whole value instead."),
    CodeEntry("CW114", "unknown or repeated anchor", "An alias `*name` needs one anchor `&name` further up."),
    CodeEntry("CW115", "alias inside itself", "An alias may not stand within the value that its anchor names."),
    CodeEntry("CW116", "too many values", "With its aliases written out the file has more than 300,000 values."),
    CodeEntry("CW117", "nested too deep", "Values are nested in more than 60 levels, aliases written out."),
    CodeEntry("CW118", "directive", "Lines with `%YAML` or `%TAG` are refused; a file needs none."),
    CodeEntry("CW119", "quote not closed", "A text that begins with a quote must end with the same quote."),
    CodeEntry("CW120", "colon missing or misplaced", "A key is followed by a colon and a space, once on a line."),
    CodeEntry("CW121", "bracket not closed", "A `{` or `[` has no partner, or a bracket closes nothing."),
    CodeEntry("CW122", "unquoted {{", "Texts with `{{ ... }}` are quoted or blocks, since `{` opens a mapping."),
    CodeEntry("CW123", "empty file", "The file has no content but spaces and comments."),
    CodeEntry("CW124", "indentation", "Entries that belong together begin in the same column."),
    CodeEntry("CW125", "too many problems", "After 500 problems of reading the rest of a file is left."),
    CodeEntry("CW126", "layout not safe", "Formatting would have changed what the file says: a mistake in Casewarden."),
    CodeEntry("CW127", "outside the folder", "A ruleset names files of its own folder and of folders in it."),
)

_SHAPE: Final = (
    CodeEntry("CW200", "not a ruleset", "A ruleset file is a mapping that begins with `casewarden: 1`."),
    CodeEntry("CW201", "unknown key", "Only the keys of the language may stand here; a mistyped one would be lost."),
    CodeEntry("CW202", "missing key", "Something that the language needs here is not said."),
    CodeEntry("CW203", "wrong form", "A mapping, a list or a single value stands where another of the three belongs."),
    CodeEntry("CW204", "unknown word", "The words that may stand here are a closed list."),
    CodeEntry("CW205", "yes or no in another spelling", "Yes and no are written `yes` and `no`, nothing else."),
    CodeEntry("CW206", "nothing in it", "A list, mapping or text that must hold something is empty."),
    CodeEntry("CW207", "keys that exclude each other", "Two keys say the same thing in two ways; one of them must go."),
    CodeEntry(
        "CW208", "section not in an included file", "An included file only adds named elements to the main file."
    ),
    CodeEntry("CW209", "include that includes itself", "Files may not include each other in a circle."),
    CodeEntry("CW210", "too many", "A limit keeps checking and deciding fast; split the ruleset or simplify it."),
    CodeEntry("CW211", "given twice in a list", "A list names each thing once."),
)
_NAMES: Final = (
    CodeEntry("CW300", "not a name", "Names are lower case letters, digits and `_`, and begin with a letter."),
    CodeEntry("CW301", "reserved name", "The language gives this name a meaning of its own."),
    CodeEntry("CW302", "name given twice", "A name is declared once in a file and all files that it includes."),
    CodeEntry("CW303", "unknown name", "Every name is declared in its section before anything can refer to it."),
    CodeEntry("CW304", "unknown path", "Paths are the given ones and the declared fields, nothing else."),
    CodeEntry("CW305", "unknown value", "The field is declared with a closed list of values."),
    CodeEntry(
        "CW306", "declared and not used", "Nothing refers to this name; often a reference is mistyped or was forgotten."
    ),
    CodeEntry(
        "CW307", "definition that leads back to itself", "Events, clocks, guards and quotas may not need each other."
    ),
    CodeEntry(
        "CW308", "path of another record", "A rule about a customer or a service runs without a case and sees no case."
    ),
    CodeEntry(
        "CW309",
        "letters exchanged",
        "The word stands nowhere else, and with two neighbouring letters exchanged it is one that does.",
    ),
)
_TYPES: Final = (
    CodeEntry(
        "CW400", "not a duration", "A duration is a whole number, perhaps a calendar, and a unit: `8 business hours`."
    ),
    CodeEntry(
        "CW401", "calendar word missing", "Targets and credits say what they count: `business`, `elapsed`, a calendar."
    ),
    CodeEntry("CW402", "fraction in a duration", "Durations are whole numbers; a smaller unit says the same exactly."),
    CodeEntry(
        "CW403", "weeks on a calendar", "A week has as many open days as the calendar says: write days or hours."
    ),
    CodeEntry("CW404", "singular and plural", "One minute, two minutes: there is one spelling of each duration."),
    CodeEntry("CW405", "not a target", "A target is a duration or one of the target words."),
    CodeEntry("CW406", "not a zone", "Zones are IANA names or fixed offsets; abbreviations have several meanings."),
    CodeEntry("CW407", "not a date", "A date is written YYYY-MM-DD and must exist."),
    CodeEntry("CW408", "not an instant", "An instant always carries its offset, so that it means the same everywhere."),
    CodeEntry(
        "CW409", "not open hours", "Open hours are `09:00-17:00`, `24x7` or `24x5`, by weekdays such as `mon-fri`."
    ),
    CodeEntry("CW410", "not the number that belongs here", "The value must be a number of this kind within its range."),
    CodeEntry("CW411", "not a percentage", "Shares of a target are written with a percent sign: `75%`."),
    CodeEntry(
        "CW412", "test that does not fit the type", "Each type of field has its own tests; nothing is converted."
    ),
    CodeEntry("CW413", "regular expression", "Patterns are of the kind that runs in linear time (RE2)."),
    CodeEntry(
        "CW414", "types that differ", "Two values can be compared or copied only where their types are the same."
    ),
    CodeEntry("CW415", "bounds that nothing satisfies", "No value lies within these bounds."),
    CodeEntry("CW416", "unknown holidays", "Holidays are known by country and subdivision, for stated years."),
    CodeEntry("CW417", "not a language", "Languages are codes of BCP 47 that exist: `en`, `de`, `pt-BR`."),
    CodeEntry(
        "CW418", "not a placeholder", "In a message `{{ PATH }}` shows a value; nothing else may stand in braces."
    ),
)
_TABLES: Final = (
    CodeEntry(
        "CW500", "gap in the severity table", "Some combination of values has no row, and nothing else decides it."
    ),
    CodeEntry(
        "CW501", "rows that overlap", "With `hit: unique` at most one row may hold for any combination of values."
    ),
    CodeEntry("CW502", "row that is never reached", "Rows above it take every combination that it names."),
    CodeEntry("CW503", "table too large to check", "The combinations cannot be listed, so gaps could hide in them."),
    CodeEntry("CW504", "path that no severity row may test", "Rows test choices and yes_no fields for equality only."),
    CodeEntry(
        "CW505", "severity without a value", "Every severity has its cell, so that no case falls out of the table."
    ),
    CodeEntry("CW506", "plan without a value", "Every plan has its cell, so that no case falls out of the table."),
    CodeEntry("CW507", "severity that nothing gives", "No row, rule or default ever leads to this level."),
    CodeEntry(
        "CW508", "release without its rule", "A clock with `next_release` says what frozen and slipped releases do."
    ),
    CodeEntry("CW509", "minimum remainder of nothing", "What a change leaves at least is asked only by `retarget`."),
    CodeEntry(
        "CW510",
        "combinations without a severity",
        "No row decides them and `otherwise: person` leaves them to somebody; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW511",
        "combinations without a due time",
        "The clock promises others a time and these none; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW512",
        "target that gets worse as severity rises",
        "A graver case of the same plan has no target, or is due later; told by `casewarden check --deep`.",
    ),
)
_RULES: Final = (
    CodeEntry(
        "CW600", "condition that can never be true", "Its parts contradict each other, so nothing would ever happen."
    ),
    CodeEntry(
        "CW601", "rules in conflict", "Two rules of equal priority can want different values of one path at once."
    ),
    CodeEntry("CW602", "rules that never end", "Rules set off each other in a circle and would go on for ever."),
    CodeEntry("CW603", "path that rules may not set", "The engine computes this path, or another action changes it."),
    CodeEntry("CW604", "closing by set", "A case is closed with a reason, so that guards and reports see it."),
    CodeEntry("CW605", "rule without an occasion", "A rule fires when something turns true, or for each event."),
    CodeEntry("CW606", "action of another record", "Without a case there is nothing to answer, close, assign or link."),
    CodeEntry("CW607", "owner of no clock", "`owner` is the owner of the one clock of which the rule speaks."),
    CodeEntry(
        "CW608",
        "message without the default language",
        "The default language is what a recipient gets where no other fits.",
    ),
    CodeEntry(
        "CW609",
        "guard on a value that may never come",
        "Before the field is confirmed the guard forbids every time, unless it tests with `known` whether that is so.",
    ),
    CodeEntry("CW610", "nothing to ask for", "`missing` is what the intake requires, and no intake is declared."),
    CodeEntry(
        "CW611", "event without that attribute", "The quota adds up an attribute that the counted event does not have."
    ),
    CodeEntry(
        "CW612",
        "rule that the durable matcher cannot hold",
        "That matcher holds static tests on facts of the case; asked for with `casewarden check --matcher durable`.",
    ),
    CodeEntry(
        "CW620",
        "rule that others overrule",
        "Whenever it holds one of higher priority does, and sets otherwise; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW621",
        "rules that can fight",
        "Two entries of one instant let two rules want different things; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW622",
        "ring of rules",
        "Beginning with the case shown, rules set each other off for ever; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW623",
        "clock that can never run its course",
        "Nothing can bring the event, or the condition excludes it; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW624",
        "rule that can never fire",
        "No combination of values makes its condition true; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW625",
        "message without a translation",
        "Customers get other messages in that language; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW626",
        "not decided",
        "There were too many combinations to try, so this says neither yes nor no; told by `casewarden check --deep`.",
    ),
    CodeEntry(
        "CW627",
        "loop with the helpdesk's own rules",
        "What a rule of ours sets, a rule of the helpdesk sets back, and so on for ever; told by"
        " `casewarden check --deep --neighbours FILE`.",
    ),
)
_CLAUSES: Final = (
    CodeEntry("CW700", "no clause cited", "What is enforced names the clauses that promise it."),
    CodeEntry(
        "CW701",
        "clause that the clause file does not have",
        "A cited clause is in the file of clauses, if there is one.",
    ),
    CodeEntry("CW702", "clause file", "It maps each clause to place, summary, status, perhaps a reason, and a hash."),
    CodeEntry("CW703", "no place in this file", "A reading not chosen is given as changes at places of this file."),
    CodeEntry(
        "CW704", "pause without a ground", "Time is taken from a customer only where a clause or a reading says so."
    ),
    CodeEntry("CW705", "open question", "What rests on an open reading is listed and not enforced."),
    CodeEntry(
        "CW706",
        "clause enforced while its reading is open",
        "One element leaves the question open and another enforces it.",
    ),
    CodeEntry(
        "CW707", "clause that nothing enforces", "The clause file says that it is enforced, and no element cites it."
    ),
    CodeEntry("CW708", "reading that does not fit", "The ruleset with this other reading would be refused."),
    CodeEntry("CW709", "no clause file", "The clause file that the ruleset names is not there, or may not be read."),
)
_HISTORIES: Final = (
    CodeEntry("CW800", "history cannot be read", "The file is missing, is a folder, may not be read, or is no table."),
    CodeEntry("CW801", "line is not JSON", "Every line of a history is one JSON object; this one cannot be read."),
    CodeEntry("CW802", "key missing", "An event needs its subject, kind, at, by and key, and what its kind requires."),
    CodeEntry("CW803", "unknown key", "Events have a closed list of keys, so that a misspelt one is not lost."),
    CodeEntry("CW804", "wrong type", "Nothing is turned into another type: write the value in the type that is asked."),
    CodeEntry("CW805", "unknown kind", "Kinds of events are a closed list; their data differs, so none is guessed."),
    CodeEntry(
        "CW806", "instant without offset", "An instant says its offset (`Z`, `+01:00`), or nobody knows when it was."
    ),
    CodeEntry("CW807", "impossible instant", "There is no such date or time of day, or it cannot be written in UTC."),
    CodeEntry("CW808", "duplicate", "The same event was read before; it counts once."),
    CodeEntry("CW809", "one key, two contents", "Two different events bear one key of one source; the first is kept."),
    CodeEntry("CW810", "from the future", "It lies after the present, or was seen before it happened."),
    CodeEntry("CW811", "out of order", "Lines of one subject are not in the order of time; they were put in it."),
    CodeEntry("CW812", "no opening", "A case begins with `opened`; without it there is no start to count from."),
    CodeEntry("CW813", "line too long", "More than 1 MB on one line are refused unread."),
    CodeEntry(
        "CW814", "the engine's own", "What the engine decided is decided anew in a replay; its old events are left out."
    ),
    CodeEntry(
        "CW815", "does not come to rest", "A case woke by itself more often than any real one needs: it is cut short."
    ),
    CodeEntry(
        "CW816", "not UTF-8", "Histories are read as UTF-8; these bytes are something else, often Latin-1 or UTF-16."
    ),
    CodeEntry("CW820", "unknown key in a mapping", "A mapping file has a closed list of keys."),
    CodeEntry("CW821", "incomplete mapping", "A key that the mapping needs is missing, or has the wrong form."),
    CodeEntry("CW822", "unknown column", "The mapping names a column that the history does not have."),
    CodeEntry(
        "CW823", "reads the future", "A column with final values is known only at the end; no event may be made of it."
    ),
    CodeEntry("CW824", "unusable zone or date format", "The mapping's zone or date format cannot be understood."),
    CodeEntry(
        "CW825",
        "value not in the table",
        "A cell holds a value that its value table does not list; it was kept as it is.",
    ),
    CodeEntry("CW826", "not a date of this format", "The cell does not fit the date format that the mapping states."),
    CodeEntry("CW827", "wrong number of cells", "The row has more or fewer cells than the heading has columns."),
    CodeEntry("CW828", "row without a case", "The column that groups rows to a case is empty here."),
    CodeEntry(
        "CW829",
        "opened after its own row",
        "The row was written before the opening it states; the row's instant was taken.",
    ),
    CodeEntry("CW830", "column not accounted for", "The mapping neither reads this column nor lists it as left out."),
    CodeEntry("CW831", "row without an instant", "The column that says when the row was written is empty here."),
    CodeEntry("CW840", "history and directory differ", "Both say something of the case; what the history says counts."),
    CodeEntry("CW841", "customer that the directory lacks", "The case names a customer whom nobody has entered yet."),
    CodeEntry("CW850", "event of another source", "Who sends events over HTTP speaks for itself only."),
    CodeEntry(
        "CW851",
        "not to be said from outside",
        "What the engine does, and when it learns of something, it writes itself; no source may say it.",
    ),
    CodeEntry("CW852", "too long ago", "Before the year 2000 no helpdesk wrote anything: the instant is a mistake."),
    CodeEntry("CW853", "unusable name", "Names of subjects and events are short and have no control characters."),
)
_TESTS: Final[tuple[CodeEntry, ...]] = (
    CodeEntry("CW900", "not a scenario test", "A file of tests is a mapping that begins with `casewarden_test: 1`."),
    CodeEntry(
        "CW901", "ruleset that cannot be tested", "The ruleset that a test names must be there and free of errors."
    ),
    CodeEntry(
        "CW902", "not a time", "A time is a date and a time of day that exist, in the file's zone or with an offset."
    ),
    CodeEntry(
        "CW903", "wrong weekday", "The weekday in front of a date must be that date's, or one of them is a mistake."
    ),
    CodeEntry("CW904", "time that the clocks skip", "When clocks go forward some local times do not exist."),
    CodeEntry(
        "CW905", "time that comes twice", "When clocks go back some local times exist twice: the offset says which."
    ),
    CodeEntry("CW906", "time that does not go forward", "Each step of a timeline is later than the one before it."),
    CodeEntry(
        "CW907", "step without time or without content", "A step says when it is, and what happens or must hold."
    ),
    CodeEntry(
        "CW908", "not opened exactly once", "A test follows one case, so it is opened once, before anything else."
    ),
    CodeEntry("CW909", "test that expects nothing", "A test without an expectation passes whatever the ruleset does."),
    CodeEntry(
        "CW910", "path that no test can state", "The engine computes this path, or an event of its own changes it."
    ),
    CodeEntry("CW911", "no such reading", "A test may take a reading that the interpretation lists under `others`."),
    CodeEntry("CW912", "rule without that action", "No firing of the rule could ever fulfil this expectation."),
    CodeEntry("CW913", "expectation in another place", "Each thing is expected in one place: this one elsewhere."),
)
_CONFIGURATION: Final = (
    CodeEntry("CW920", "not a configuration", "A configuration is a mapping that begins with `casewarden: 1`."),
    CodeEntry(
        "CW921",
        "secret in clear",
        "Many read and copy a configuration: a secret stands in a variable of the environment, or in its own file.",
    ),
    CodeEntry(
        "CW922", "secret that cannot be read", "The variable or the file is missing, empty, or not what belongs there."
    ),
    CodeEntry("CW923", "secret file that others may read", "Whoever can log in to the machine can read it as well."),
    CodeEntry("CW924", "not a store", "A store is a file of SQLite or a database of PostgreSQL, named by its address."),
    CodeEntry("CW925", "not a rate", "A rate is a whole number and a unit of time: `10 per second`."),
    CodeEntry("CW926", "not a size", "A size is a whole number of kB or MB: `1 MB`."),
    CodeEntry(
        "CW927", "not an address to listen on", "It is an address or a name, a colon and a port: `0.0.0.0:8420`."
    ),
    CodeEntry(
        "CW928",
        "ruleset that cannot be used",
        "A ruleset that is named must be there, free of errors, and of another name than the others.",
    ),
    CodeEntry(
        "CW929", "plugin that cannot be used", "The plugin is not installed, or what it says of itself is wrong."
    ),
    CodeEntry(
        "CW930", "setting that the plugin refuses", "Each plugin says which settings it takes, and of what form."
    ),
    CodeEntry(
        "CW931",
        "action that cannot be carried out",
        "Plugins say which kinds of action they can carry out; every kind that a rule asks for needs a connector.",
    ),
    CodeEntry("CW932", "no source of events", "Without a connector or somebody who sends them no event ever comes."),
)
_CUSTOMERS: Final = (
    CodeEntry(
        "CW960",
        "not a customer directory",
        "A directory is a mapping that begins with `casewarden_customers: 1`, or a folder with such a directory.yaml.",
    ),
    CodeEntry(
        "CW961",
        "directory that cannot be used",
        "The ruleset or directory that is named must be there, free of errors.",
    ),
    CodeEntry("CW962", "two at one time", "A customer has one plan and one contract at any instant."),
    CodeEntry("CW963", "time without a plan", "Between two subscriptions the default plan holds, if there is one."),
    CodeEntry("CW964", "ends before it begins", "A last day lies before the first, so nothing would ever hold."),
    CodeEntry("CW965", "contact given twice", "A contact belongs to one customer and stands there once."),
    CodeEntry(
        "CW966",
        "fact in another place",
        "Facts are fields that the ruleset declares; what has a key of its own stands there.",
    ),
    CodeEntry("CW967", "not the id of a customer", "Ids are those that histories use: they hold no spaces."),
    CodeEntry("CW968", "unknown customer", "The customer is not in the directory."),
    CodeEntry("CW969", "table of a directory", "A table has a known name, and as many cells in each row as columns."),
)
_LOCK: Final = (
    CodeEntry(
        "CW950", "lock file that cannot be used", "The lock file is written by `casewarden lock`, never by hand."
    ),
    CodeEntry("CW951", "lock file out of date", "What the lock file holds was made from other declarations."),
    CodeEntry("CW952", "other zone data than locked", "Deadlines may differ from those under the locked zone data."),
)

CATALOGUE: Final[dict[str, CodeEntry]] = {
    entry.code: entry
    for entries in (
        _READING,
        _SHAPE,
        _NAMES,
        _TYPES,
        _TABLES,
        _RULES,
        _CLAUSES,
        _HISTORIES,
        _TESTS,
        _CONFIGURATION,
        _LOCK,
        _CUSTOMERS,
    )
    for entry in entries
}
"""Every code in order, `CW102` to its entry."""
