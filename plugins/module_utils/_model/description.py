# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""The description of a resource: what it is called, what identifies its units, what is in them. Everything that is not the vendor's API
reads it: the plan text, snapshots, exports, restore, the drift report. Plain data."""

from __future__ import annotations

import typing as t

Data = t.Mapping[str, t.Any]
Unit = dict[str, t.Any]


class SharedLimit(t.NamedTuple):
    """A vendor's limit that hosts share: ``rate`` requests a second, ``of`` says for what. Only where the option ``only_with`` is given,
    if one is named."""

    rate: float
    of: str
    only_with: str = ""


class Vendor(t.NamedTuple):
    """A vendor: ``name`` begins the names of its variables (``meraki_api_key``), ``arguments`` are the options of a connection to it.

    ``shared_limit`` is what several hosts have together, beside the limit that each has of its own. ``task_arguments`` are options of each
    of its modules that say what a task is to do, and not how the vendor is reached.
    ``conflicts`` are pairs of ``arguments``: where a task, or a nearer layer of defaults, gives the first, the second is not taken from
    farther away, neither from defaults, nor from variables, nor from the environment.
    ``tenant`` are the ``arguments`` of which each says by itself which tenant it is.
    """

    name: str
    title: str
    arguments: t.Mapping[str, t.Mapping[str, t.Any]]
    shared_limit: SharedLimit | None = None
    task_arguments: t.Mapping[str, t.Mapping[str, t.Any]] = {}
    conflicts: tuple[tuple[str, str], ...] = ()
    tenant: tuple[str, ...] = ()


class Kind(t.NamedTuple):
    """What a unit can be: the fields that hold its id and its name ("" where it has no name), and the noun for it."""

    id_field: str
    name_field: str
    noun: str


class Objects(t.NamedTuple):
    """The ordered list in a unit: the field that holds it, the ``id_field`` of an object, and the ``fields`` that can differ.

    ``title`` is an object in words. ``append_new``: a new object is put behind all others before anything moves. ``needs_id``: whether an
    object, as the vendor has it, would be refused in ``config`` without its own id.
    """

    field: str
    id_field: str
    fields: tuple[str, ...]
    title: t.Callable[[Data], str]
    append_new: bool = False
    needs_id: t.Callable[[Data], bool] = lambda item: False


class Identity(t.NamedTuple):
    """Which unit or object it is: ``id`` is None where the server has not given one yet, ``name`` is empty where it was not read."""

    noun: str
    id: str | None
    name: str

    @property
    def label(self) -> str:
        """In words, the name before the id: ``network Branch Berlin (N_1)``."""
        known = f"{self.name} ({self.id})" if self.name and self.id else self.name or self.id or "new"
        return f"{self.noun} {known}".strip()


class Description(t.NamedTuple):
    """A resource, for everything that does not speak to its API. Units are in the shape of ``config``.

    - ``module``, ``title``, ``vendor``, ``arguments`` (the module's options beside those that all have), ``schema`` (of an entry of
      ``config``).
    - ``stage``: lower ones are applied first, so that nothing is opened before what restricts it.
    - ``kinds``: what a unit can be; ``at`` is the field that holds its ids and names ("" for the unit itself).
    - ``selectors``: fields of ``config`` that reach several units, each with words for them.
    - ``names``: fields that hold ids, each with the field that holds the names beside them.
    - ``sets``: fields that hold lists whose order does not matter. ``groups``: those of them that hold ids of groups which may go with
      their last member.
    - ``content``: two states of a unit are the same where it is equal.
    - ``objects``: the ordered list in a unit; without one, ``fields`` can differ, and ``lists``, whose elements are compared one by one
      in the form that the function gives them.
    - ``lifecycle``: units are created and deleted, not only changed. ``needs_id``: whether such a unit is accepted as it is only with
      its id. ``limits``: the most that there can be, by the field of their ids.
    - ``titles``: fields in words, where their names are not; ``formats``: their values as text.
    - ``purpose``: the options that say what is to be done, and not how the vendor is reached.
    - ``deleting``: the options with which restore deletes units, each with the name of the role's option; ``creating``: those with which
      it puts them back.
    - ``removals_first``: a plan that only removes goes before all others.
    - ``writes_whole``: a request holds all units of a tenant, also those that it does not mean to change.
    - ``several_writes_per_unit``: a failure may leave a unit between before and after.
    - ``shape``: what a unit holds in a snapshot: a type, a list of one shape, or a dictionary of keys, with ``?`` where one may be missing.
    """

    module: str
    title: str
    vendor: Vendor
    arguments: t.Mapping[str, t.Mapping[str, t.Any]]
    schema: dict[str, t.Any]
    stage: int
    kinds: tuple[Kind, ...]
    names: t.Mapping[str, str]
    content: t.Callable[[Data], t.Any]
    shape: t.Any
    at: str = ""
    selectors: t.Mapping[str, str] = {}
    sets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    objects: Objects | None = None
    fields: tuple[str, ...] = ()
    lists: t.Mapping[str, t.Callable[[t.Any], str]] = {}
    lifecycle: bool = False
    needs_id: t.Callable[[Data], bool] = lambda unit: False
    limits: t.Mapping[str, int] = {}
    titles: t.Mapping[str, str] = {}
    formats: t.Mapping[str, t.Callable[[t.Any], str]] = {}
    purpose: tuple[str, ...] = ()
    deleting: t.Mapping[str, str] = {}
    creating: t.Mapping[str, t.Any] = {}
    removals_first: bool = False
    writes_whole: bool = False
    several_writes_per_unit: bool = False

    def named(self, unit: Data) -> Data:
        """The part of a unit, or of an entry of ``config``, that holds its id and name."""
        found = unit.get(self.at) if self.at else unit
        return found if isinstance(found, dict) else {}

    def identity(self, unit: Data) -> Identity:
        """Which unit it is. Raises ``KeyError`` where nothing in it says so."""
        part = self.named(unit)
        for kind in self.kinds:
            if part.get(kind.id_field) is not None:
                return Identity(kind.noun, str(part[kind.id_field]), str(part.get(kind.name_field) or ""))
        for kind in self.kinds:
            if part.get(kind.name_field) is not None:
                return Identity(kind.noun, None, str(part[kind.name_field]))
        raise KeyError(self.kinds[0].id_field)

    def key(self, unit: Data) -> str:
        """What tells units apart: the same before and after a change, except for one that has no id yet."""
        found = self.identity(unit)
        return f"new: {found.name}" if found.id is None else f"{found.noun} {found.id}"

    def label(self, unit: Data) -> str:
        """The unit in words."""
        return self.identity(unit).label

    def has_one_id(self, unit: Data) -> bool:
        """Whether exactly one id says which unit it is."""
        part = self.named(unit)
        return [bool(part[kind.id_field]) for kind in self.kinds if kind.id_field in part] == [True]

    def sort_key(self, unit: Data) -> tuple[str, ...]:
        """A stable order in which people find things: by name where that is the unit's own, else by id."""
        found = self.identity(unit)
        return (found.name.casefold(), str(found.id)) if self.lifecycle else (found.noun, str(found.id))

    def by_ids(self, unit: Data) -> Unit:
        """The unit without the names that stand beside ids."""
        return t.cast(Unit, _without(unit, frozenset(self.names.values())))

    def by_names(self, unit: Data, ambiguous: t.Mapping[str, t.Collection[str]]) -> Unit:
        """The unit with names in place of ids wherever a name says which object is meant, and without the ids that only this place has:
        those of units and objects that are found by name or content."""
        own = {self.objects.id_field} if self.objects and self.objects.id_field not in self.names else set()
        ambiguous_names = ambiguous.get(self.kinds[0].name_field, ())
        if self.lifecycle and self.identity(unit).name not in ambiguous_names and not self.needs_id(unit):
            own |= {kind.id_field for kind in self.kinds}
        return t.cast(Unit, self._named_only(unit, ambiguous, own))

    def _named_only(self, data: t.Any, ambiguous: t.Mapping[str, t.Collection[str]], own: set[str]) -> t.Any:
        if isinstance(data, list):
            return [self._named_only(item, ambiguous, own) for item in data]
        if not isinstance(data, dict):
            return data
        keeps = self.objects is not None and self.objects.id_field in data and self.objects.needs_id(data)
        dropped = set() if keeps else set(own)
        for key, name in self.names.items():
            if key in data:
                dropped.add(key if self._says_which(data, key, name, ambiguous.get(name, ())) else name)
        return {key: self._named_only(value, ambiguous, own) for key, value in data.items() if key not in dropped}

    @staticmethod
    def _says_which(data: Data, key: str, name: str, ambiguous: t.Collection[str]) -> bool:
        """Whether a name, or every name of a list, says which object is meant."""
        ids, names = (value if isinstance(value, list) else [value] for value in (data[key], data.get(name)))
        return name in data and len(ids) == len(names) and all(given and given not in ambiguous for given in names)

    def listed(self, unit: Data) -> list[Unit]:
        """The objects of a unit, where it has any."""
        return list(unit.get(self.objects.field) or []) if self.objects else []

    def object_identity(self, item: Data) -> Identity:
        """Which object of a unit it is."""
        if self.objects is None:
            raise TypeError(f"{self.module} has no objects in its units")
        own = item.get(self.objects.id_field)
        return Identity("", None if own is None else str(own), self.objects.title(item))

    def form(self, field: str, item: Data) -> t.Any:
        """A field of an object in the form in which two of them are equal."""
        return sorted(set(item.get(field) or [])) if field in self.sets else item.get(field)


def _without(data: t.Any, keys: frozenset[str]) -> t.Any:
    if isinstance(data, dict):
        return {key: _without(value, keys) for key, value in data.items() if key not in keys}
    return [_without(item, keys) for item in data] if isinstance(data, list) else data
