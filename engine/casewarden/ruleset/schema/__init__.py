"""JSON Schemas of rulesets, for editors: what can be said of a file by its shape, and by its own names."""

from casewarden.ruleset.schema.document import ruleset_schema
from casewarden.ruleset.schema.vocabulary import Vocabulary, open_vocabulary, vocabulary_of

__all__ = ["Vocabulary", "open_vocabulary", "ruleset_schema", "vocabulary_of"]
