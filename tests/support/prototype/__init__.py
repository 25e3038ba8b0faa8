# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fourth resource, of a vendor that does not exist, in the places that a resource has. It proves that nothing else has to know of it.

``collection`` makes a copy of the collection with it, ``imported`` imports from such a copy, ``Site`` is the vendor's server.
"""

from __future__ import annotations

from .collection import MODULE, collection, imported
from .server import Site

__all__ = ["MODULE", "Site", "collection", "imported"]
