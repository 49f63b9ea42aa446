"""Servers that follow one published document each, and two as the public ones answer.

Each is the independent server with what that document, or that server, does differently.
"""

from tests.contract.dialects.january import January
from tests.contract.dialects.page import Page
from tests.contract.dialects.protocol_example import ProtocolExample
from tests.contract.dialects.reference import Reference
from tests.contract.dialects.vendor import Vendor

__all__ = ["January", "Page", "ProtocolExample", "Reference", "Vendor"]
