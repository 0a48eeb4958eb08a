"""Which problems of the checker a JSON Schema cannot say, and why; it must refuse the bad files of all other codes."""

_NODES = "it concerns how YAML is written; an editor's schema sees values only, and these are sound ones"
_ACROSS = "two places of the file must fit each other, and a schema sees one at a time"
_FILES = "it concerns other files"
_MEANING = "it follows from what conditions and rules mean together"

CANNOT = {
    "CW105": _NODES,
    "CW106": _NODES,
    "CW111": _NODES,
    "CW113": _NODES,
    "CW114": _NODES,
    "CW116": _NODES,
    "CW117": _NODES,
    "CW118": _NODES,
    "CW127": _FILES,
    "CW208": _FILES,
    "CW209": _FILES,
    "CW302": "keys given twice are the editor's own matter; names given twice over several places are " + _ACROSS,
    "CW306": _ACROSS,
    "CW307": _MEANING,
    "CW308": "which paths a rule sees depends on another key of it: every condition would need two schemas",
    "CW309": "it compares words over the whole file",
    "CW413": "no schema runs RE2 over a text",
    "CW415": _ACROSS,
    "CW418": "the text of a message would need a grammar of its own",
    "CW500": _MEANING,
    "CW501": _MEANING,
    "CW502": _MEANING,
    "CW503": _MEANING,
    "CW507": _MEANING,
    "CW508": _ACROSS,
    "CW510": _MEANING,
    "CW511": _MEANING,
    "CW512": _MEANING,
    "CW600": _MEANING,
    "CW601": _MEANING,
    "CW602": _MEANING,
    "CW606": "which actions a rule may do depends on another key of it",
    "CW607": _MEANING,
    "CW609": _MEANING,
    "CW610": _ACROSS,
    "CW611": _ACROSS,
    "CW620": _MEANING,
    "CW621": _MEANING,
    "CW622": _MEANING,
    "CW623": _MEANING,
    "CW624": _MEANING,
    "CW625": _ACROSS,
    "CW626": _MEANING,
    "CW627": _FILES,
    "CW702": _FILES,
    "CW703": _ACROSS,
    "CW705": _ACROSS,
    "CW706": _ACROSS,
    "CW707": _FILES,
    "CW708": _MEANING,
    "CW709": _FILES,
    "CW950": _FILES,
    "CW951": _FILES,
    "CW952": _FILES,
}
"""By code."""

NOT_ALWAYS: dict[str, str] = {
    "CW416_unknown_subdivision": "which subdivisions there are depends on the country, and changes with its library",
}
"""By the name of a bad file, where a schema can say a code but not this file's case of it."""
