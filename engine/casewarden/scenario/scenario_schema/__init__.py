"""The JSON Schema of scenario tests, for editors."""

from casewarden.scenario.scenario_schema.document import scenario_schema

__all__ = ["scenario_schema"]
