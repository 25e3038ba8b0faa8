# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Names to ids: exactly one match, or words that help."""

from __future__ import annotations

import difflib
import typing as t
import unicodedata
from collections import Counter

from .plan import error

#: How many of the names that exist a message lists, the nearest first.
_LISTED = 10
#: How much of two names has to be the same for one to be asked for in place of the other.
_MEANT = 0.75


def folded(text: str) -> str:
    """A name without what people do not see: case, Unicode normal form, invisible characters, white space at the ends or repeated."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cf", "Cc") or letter.isspace())
    return " ".join(visible.split()).casefold()


def unlike(given: str, exists: str) -> str:
    """How two names differ that are alike once they are ``folded``, in words."""
    if given.casefold() == exists.casefold():
        return "in case only"
    if "".join(given.split()).casefold() == "".join(exists.split()).casefold():
        return "in white space only"
    return f"only in characters that look alike or cannot be seen ({ascii(given)}, {ascii(exists)})"


def nearest(name: str, names: t.Iterable[str]) -> list[str]:
    """``names``, those first that somebody may have meant by ``name``."""
    listed = sorted(set(names))
    near = {text: label for label in reversed(listed) for text in [folded(label)]}
    close = [near[text] for text in difflib.get_close_matches(folded(name), list(near), n=3, cutoff=0.6)]
    return close + [label for label in listed if label not in close]


def meant(name: str, names: t.Iterable[str]) -> str:
    """A question about the name that somebody most likely meant by ``name``, with a blank after it; "" where none is near."""
    folds = {folded(text): text for text in sorted(set(names), reverse=True)}
    return "".join(f"Did you mean {folds[text]!r}? " for text in difflib.get_close_matches(folded(name), list(folds), n=1, cutoff=_MEANT))


def listing(name: str, names: t.Iterable[str]) -> str:
    """The names that exist, for a message about one that does not."""
    found = nearest(name, names)
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return ", ".join(map(repr, found[:_LISTED])) + more if found else "none"


class Index:
    """Things of one kind by their names. ``things`` are ``(id, name)``; ``what`` is the kind in words, ``where`` completes a sentence.

    ``paths`` are ``(id, path)``, for things in a tree: what has no unique name can be given by its path, and a thing may have several.
    """

    def __init__(self, what: str, things: t.Iterable[tuple[str, str]], where: str = "", paths: t.Iterable[tuple[str, str]] = ()) -> None:
        self.what = what
        self.where = where
        #: id to name
        self.names = dict(things)
        self._ids: dict[str, list[str]] = {}
        for key, name in self.names.items():
            self._ids.setdefault(name, []).append(key)
        self._paths: dict[str, list[str]] = {}
        for key, path in paths:
            self._paths.setdefault(path, []).append(key)

    def find(self, name: str) -> tuple[str | None, str]:
        """The id of the one thing with exactly this name, and ``""``; else None and, in words, what was found instead."""
        exact = self.means(name)
        if len(exact) == 1:
            return exact[0], ""
        if exact:
            advice = "Give the id, or the path" if self._paths and name in self._ids else "Give the id"
            listed = ", ".join(self._label(key) for key in sorted(exact))
            return None, f"{len(exact)} {self._many}{self.where} are named {name!r}: {listed}. {advice}"
        near = self.alike(name)
        if near:
            others = ", ".join(dict.fromkeys(f"{label!r} ({key})" for key, label in near))
            differs = f"A similar name differs {unlike(name, near[0][1])}: {others}. Names must match exactly"
            return None, f"{self.what} {name!r} does not exist{self.where}. {differs}"
        exist = f"{meant(name, self._ids)}Existing {self._many}: {listing(name, self._ids)}"
        return None, f"{self.what} {name!r} does not exist{self.where}. {exist}"

    def alike(self, name: str) -> list[tuple[str, str]]:
        """All that have this name, or one that only looks like it, as ``(id, name)``."""
        text = folded(name)
        return [(key, label) for key, label in self._labels() if folded(label) == text]

    def means(self, name: str) -> list[str]:
        """The ids of all that have exactly this name, else of all that have exactly this path."""
        return self._ids.get(name) or self._paths.get(name, [])

    def label(self, key: str) -> str | None:
        """What can be written for the thing in place of its id: its name where that is unique, else such a path; None where neither is."""
        name = self.names.get(key, "")
        if name and self._ids[name] == [key]:
            return name
        return next((path for path, keys in self._paths.items() if keys == [key] and path not in self._ids), None)

    def ambiguous(self) -> list[str]:
        """The names that do not say by themselves which thing is meant: several have them, or they are alike once they are ``folded``."""
        alike = Counter(map(folded, self.names.values()))
        return sorted({name for name in self.names.values() if alike[folded(name)] > 1 or not name})

    def settle(self, path: str, key: str, fields: dict[str, t.Any], name: str | None) -> dict[str, str] | None:
        """Turn ``name`` into the id ``fields[key]``; an id that is given must be among the things, and be the one that the name means.

        The error, if there is one; ``path`` is that of the entry, without the field.
        """
        if key in fields and fields[key] not in self.names:
            return error(f"{path}.{key}", f"{self.what} {fields[key]} is not in the list of {self._many}{self.where}")
        if name is None:
            return None
        if key in fields and self.names[fields[key]] == name:
            return None  # Names may repeat where ids stand beside them.
        field = key.rsplit("_", 1)[0]
        found, problem = self.find(name)
        if found is None:
            return error(f"{path}.{field}", problem)
        if fields.setdefault(key, found) != found:
            return error(f"{path}.{field}", f"{name!r} is {found}, but {key} says {fields[key]}, which is {self.names[fields[key]]!r}")
        return None

    @property
    def _many(self) -> str:
        return f"{self.what[:-1]}ies" if self.what.endswith("y") else f"{self.what}s"

    def _label(self, key: str) -> str:
        path = next((path for path, keys in self._paths.items() if key in keys), "")
        return f"{key} ({path})" if path else key

    def _labels(self) -> t.Iterator[tuple[str, str]]:
        yield from self.names.items()
        for path, keys in self._paths.items():
            yield from ((key, path) for key in keys)
