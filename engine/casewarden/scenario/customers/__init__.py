"""Customers and contracts as data: the directory, read and checked, and what it tells accounts and cases as events."""

from casewarden.scenario.customers.directory import Contact, Contract, Customer, Directory, Licence, Span, Subscription
from casewarden.scenario.customers.read_directory import check_directory, load_directory
from casewarden.scenario.customers.source import WithCustomers
from casewarden.scenario.customers.told import Difference, account_log, case_log

__all__ = [
    "Contact",
    "Contract",
    "Customer",
    "Difference",
    "Directory",
    "Licence",
    "Span",
    "Subscription",
    "WithCustomers",
    "account_log",
    "case_log",
    "check_directory",
    "load_directory",
]
