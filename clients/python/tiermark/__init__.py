"""The Python client of Tiermark."""
from tiermark.client import Client
from tiermark.errors import TiermarkError

__all__ = ["Client", "TiermarkError"]
