"""Messages to customers that lack a language in which others are written."""

from casewarden.analysis.findings import Analysis
from casewarden.ruleset.syntax import Ask, Publish, Reply


def find_missing_translations(analysis: Analysis) -> None:
    """Report what customers may read in a foreign language; what only the team reads needs no translation."""
    ruleset = analysis.ruleset
    public: dict[str, str] = {}
    for rule in ruleset.rules.values():
        for action in (*rule.then, *rule.if_unsupported):
            if isinstance(action, Reply | Ask | Publish):
                public.setdefault(action.message, rule.name)
    spoken: dict[str, str] = {ruleset.defaults.language: ""}
    for name in public:
        for language in ruleset.messages[name].texts:
            spoken.setdefault(language, name)
    for name, rule_name in public.items():
        message = ruleset.messages[name]
        missing = [language for language, where in spoken.items() if where and language not in message.texts]
        if missing:
            wheres = ", ".join(f"`{language}`, in which `{spoken[language]}` is written" for language in missing)
            analysis.diagnostics.warning(
                "CW625",
                message.cited.place,
                f"the message `{name}` has no text in {wheres}. For example {{case.language: {missing[0]}}} when"
                f" `{rule_name}` fires: the customer reads `{ruleset.defaults.language}`",
                f"add `{missing[0]}: ...`",
                [(ruleset.messages[spoken[language]].cited.place, f"has `{language}`") for language in missing],
            )
