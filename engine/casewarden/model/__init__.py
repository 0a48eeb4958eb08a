"""Frozen values: events and subjects, decisions and their parts."""

from casewarden.model.event import Event, Json
from casewarden.model.subject import Subject, fold

__all__ = ["Event", "Json", "Subject", "fold"]
