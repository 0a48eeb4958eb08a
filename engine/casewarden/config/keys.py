"""The keys of `casewarden.yaml`, each with what it says: the reader, the schema and editors' hover texts."""

from typing import Final

from casewarden.ruleset.key import Keys, may, must
from casewarden.ruleset.keys import ACTIONS as OF_RULES

EVERYTHING: Final = "everything"
FOREVER: Final = "forever"
LOG_LEVELS: Final = {
    "debug": "Every step; it may show what persons wrote.",
    "info": "What happens to cases, by their ids.",
    "warning": "What somebody should look at.",
    "error": "What does not work.",
}
ACTIONS: Final = {
    **{entry.name: entry.about for entry in OF_RULES.entries if entry.name != "classify"},
    "project": "Show in fields of the helpdesk how cases stand: due times and states of clocks.",
}
"""What connectors can carry out; a severity is classified inside."""

FILE: Final = Keys(
    "The configuration of a sidecar.",
    (
        must("casewarden", "The version of the format: 1."),
        must("store", "The database: `sqlite:///FILE`, `postgresql://USER@HOST/NAME`, or where its address is kept."),
        must("go_live", "The instant from which it acts; what was true before is a baseline and does nothing."),
        must("rulesets", "The rulesets by which it decides: files, or files of a git checkout."),
        must("personal_data", "How what persons wrote is sealed."),
        may("connectors", "Where events come from and actions go, by names of your own."),
        may("http", "The doors for HTTP: events, the console, metrics."),
        may("shadow", "Rules that decide and record and do nothing else, or `everything`."),
        may("caps", "How many actions an hour before the rest waits for a person."),
        may("retention", "How long things are kept."),
        may("customers", "The customer directory: a YAML file, or a folder of tables."),
        may(
            "partitions", "Into how many parts the cases are split; as many workers can share the work. Without it, 16."
        ),
        may("log_level", "What is logged. Without it, `info`."),
    ),
)
RULESET: Final = Keys(
    "A ruleset in a git checkout.",
    (
        must("git", "The folder of the checkout."),
        must("path", "The ruleset's file, counted from the checkout."),
        may("revision", "A branch, a tag or a commit; without it, what is checked out."),
    ),
)
CONNECTOR: Final = Keys(
    "A connector: one account at one helpdesk, for example.",
    (
        must("plugin", "What kind of connector it is."),
        may("poll_every", "How often it is asked for news. Without it, 10 seconds."),
        may("rate", "The most attempts to carry something out. Without it, 10 per second."),
        may("actions", "The kinds of action that go to it; without it, all that it can carry out."),
        may("settings", "What the plugin wants to know."),
    ),
)
HTTP: Final = Keys(
    "The doors for HTTP.",
    (
        may("listen", "The address and the port; port 0 takes a free one. Without it, 127.0.0.1:8420."),
        may("max_body", "The largest request that is read. Without it, 1 MB."),
        may("ingest", "Who may send events, by the name that is the source of these events."),
    ),
)
INGEST: Final = Keys(
    "Somebody who sends events.",
    (must("secret", "What signs the requests: where it is kept."),),
)
SECRET: Final = Keys(
    "Where a secret is kept; it never stands here itself.",
    (
        may("env", "The variable of the environment that holds it."),
        may("file", "The file that holds it and nothing else; its path counts from this file."),
    ),
)
CAPS: Final = Keys(
    "The most actions in an hour; what is beyond waits for a person.",
    (
        may("per_rule", "Of one rule. Without it, 500."),
        may("per_case", "On one case. Without it, 20."),
        may("in_all", "Of all rules on all cases. Without it, 5000."),
        may("ping_pong", "How often one rule changes a case while no person has a part in it. Without it, 5."),
    ),
)
RETENTION: Final = Keys(
    "How long things are kept: a duration, or `forever`.",
    (
        may("dull_decisions", "Decisions from which nothing followed. Without it, 30 days."),
        may("decisions", "All other decisions. Without it, forever."),
        may("delivered", "Actions that were carried out, with request and answer. Without it, 400 days."),
        may("trials", "Trials of rollouts that have ended, with all that they decided. Without it, 90 days."),
    ),
)
PERSONAL_DATA: Final = Keys(
    "How what persons wrote is sealed; erasing a contact destroys the key to it.",
    (
        must("key", "The sidecar's own key: where it is kept. `casewarden init` makes one."),
        may("paths", "Facts that are personal too, beside the texts of messages."),
    ),
)
ALL: Final = (FILE, RULESET, CONNECTOR, HTTP, INGEST, SECRET, CAPS, RETENTION, PERSONAL_DATA)
