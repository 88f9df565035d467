"""The Python client of Tiermark."""
from tiermark.client import Client, TiermarkError

__all__ = ["Client", "TiermarkError"]
