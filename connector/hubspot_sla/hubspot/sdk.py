"""Where the SDK is taken apart: its API objects are made here, each with our transport inside.

The SDK takes 150-300 ms to import and builds a new connection pool on every property access, so groups
are imported when first used and each object is made once. It never sees the token.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hubspot_sla.hubspot.response import Response

if TYPE_CHECKING:
    from hubspot_sla.hubspot.transport import EarlierVersion, Transport

# A method of an SDK API object, called with `_preload_content=False`: then it returns what the transport did.
Method = Callable[..., Response]


def sdk_api(transport: Transport | EarlierVersion, module: str, name: str) -> Any:
    """An API object such as `("hubspot.crm.tickets", "BatchApi")` that sends through `transport`."""
    package = import_module(module)
    client = package.ApiClient(configuration=package.Configuration(host=transport.base_url))
    client.rest_client = transport
    return getattr(package, name)(api_client=client)
