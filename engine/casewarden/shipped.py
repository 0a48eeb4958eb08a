"""Where the files lie that come with Casewarden: rulesets, schemas, the example history."""

from importlib import resources
from pathlib import Path
from typing import Literal


def shipped(folder: Literal["rules", "schemas", "examples"]) -> Path:
    """One of the folders that come along: inside the package once it is built, at the root of a checkout before."""
    package = Path(str(resources.files("casewarden")))
    built = package / "_data" / folder
    return built if built.is_dir() else package.parents[1] / folder
