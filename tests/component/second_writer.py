# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of a module while somebody else writes too: a clock that only waiting moves, other clients, and what the server saw of the run.

``Watched`` stands between the modules and a ``Cloud``. It numbers the run's requests, lets others act just before or just after any of
them, and keeps what the vendor did for the run: every write with the state before and after it, and the last whole list that the run had
been given by then. ``virtual_time`` makes the modules wait on a ``Clock``, so that nothing really waits.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from ansible_collections.secops.policy.plugins.module_utils._http import together as concurrency
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

OTHER = "other-0123456789"
MODULE_UTILS = "ansible_collections.secops.policy.plugins.module_utils"
#: So far ahead of the real clock that a deadline of the virtual one never passes on a socket, which keeps to the real one.
_AHEAD = 1_000_000.0
#: Answers that a client gets whole all the same.
_HARMLESS = (None, "slow", "link_host")

State = Mapping[Any, Any]
Act = Callable[[], Any]


class Clock:
    """Time goes on when somebody sleeps, and when it is told to; what is to happen at a time happens on the way there."""

    def __init__(self) -> None:
        self._now = self._start = time.monotonic() + _AHEAD
        self._lock = threading.RLock()
        self._order = itertools.count()
        self._due: list[tuple[float, int, Act]] = []

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return self._now - self._start

    def monotonic(self) -> float:
        """As in the module ``time``."""
        return self._now

    def time(self) -> float:
        """As in the module ``time``."""
        return time.time() + self.now

    def sleep(self, seconds: float) -> None:
        """As in the module ``time``. Of several threads that sleep at once each adds its own: they slept one after the other."""
        self.advance(max(seconds, 1e-6))

    def advance(self, seconds: float) -> None:
        """Time goes on by so much, and what is due meanwhile happens."""
        with self._lock:
            end = self._now + seconds
            while self._due and self._due[0][0] <= end:
                at, _number, act = self._due.pop(0)
                self._now = max(self._now, at)
                act()
            self._now = max(self._now, end)

    def forget(self) -> None:
        """Nothing of what is due happens any more."""
        with self._lock:
            self._due.clear()

    def later(self, seconds: float, act: Act) -> None:
        """``act``, once so much time has gone by from now."""
        with self._lock:
            self._due = sorted([*self._due, (self._now + seconds, next(self._order), act)], key=lambda item: item[:2])


@contextlib.contextmanager
def virtual_time(clock: Clock, in_turn: bool = True) -> Iterator[Clock]:
    """The modules look at ``clock`` and sleep on it. ``in_turn``: what they would do at once they do one after the other, so that the same
    thing happens each time."""
    root = importlib.import_module(f"{MODULE_UTILS}._http").__file__
    folder = Path(str(root)).parents[1]
    names = sorted(".".join(file.relative_to(folder).with_suffix("").parts) for file in folder.rglob("*.py") if file.stem != "__init__")
    with contextlib.ExitStack() as patches:
        for module in [importlib.import_module(f"{MODULE_UTILS}.{name}") for name in names]:
            # Sockets keep to the real time, and so does what watches over them.
            if getattr(module, "time", None) is time and not module.__name__.endswith(".transport"):
                patches.enter_context(mock.patch.object(module, "time", clock))
        if in_turn:
            patches.enter_context(mock.patch.object(concurrency, "_MOST", 1))
        yield clock


@dataclass(frozen=True)
class View:
    """A list that the run was given whole: the state when its first page was asked for, and when that, and the last one, was answered."""

    state: State
    at: float
    order: int
    until: float = 0.0


@dataclass
class Sent:
    """One request of the run, by its number from 0. ``at`` and ``answered`` are virtual seconds since the start; ``order`` and ``done`` say
    what came before what among all that happened.

    ``acted`` is the status that the vendor answered, ``status`` the one that the run saw. ``before`` and ``after``: the state around what
    the vendor did. ``views`` are the last whole list (``""``), and units read by themselves since, as the run had them when this went out.
    """

    number: int
    order: int
    at: float
    method: str
    path: str
    query: Mapping[str, list[str]]
    body: Any
    fault: str | None = None
    acted: int | None = None
    status: int | None = None
    answered: float = 0.0
    done: int = -1
    before: State = field(default_factory=dict)
    after: State = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)

    @property
    def carried_out(self) -> bool:
        """Whether the vendor did it, whatever became of the answer."""
        return self.acted is not None and 200 <= self.acted < 300

    @property
    def unclear(self) -> bool:
        """Whether its client cannot tell from the answer if the vendor acted."""
        lost = self.fault == "cut_body" or self.status not in (429, 400, 401, 403, 404)
        return self.fault is not None and self.fault != "redirect" and lost

    def view(self, unit: str = "") -> View | None:
        """The newest view of a unit."""
        return max((self.views[key] for key in ("", unit) if key in self.views), key=lambda view: view.at, default=None)

    def __str__(self) -> str:
        way = f" {self.fault}" if self.fault else ""
        return f"{self.at:8.2f} s  {self.number:3} {self.method} {self.path} -> {self.status} (vendor: {self.acted}){way}"


class Watched:
    """A cloud in which the requests that show ``key`` are the run's, and all others somebody else's. To be entered for the run alone.

    ``listed`` is found in the path of the list that the run plans on, ``single`` in that of one unit, with the unit as its group.
    ``state``: what matters, from the cloud, as data that nobody changes later. ``latency``: virtual seconds until a request arrives at the
    vendor. ``tampers``: each is given a request of the run and the data of its answer, and returns the data that the run gets.
    """

    def __init__(self, cloud: Cloud, key: str, clock: Clock, listed: str, state: Callable[[Cloud], State], single: str = "(?!)") -> None:
        self.cloud = cloud
        self.clock = clock
        self.latency: Callable[[Sent], float] = lambda sent: 0.0
        self.tampers: list[Callable[[Sent, Any], Any]] = []
        self.sent: list[Sent] = []
        #: What somebody else wrote, when, and where in the order of things.
        self.others: list[tuple[float, int, str]] = []
        #: What went wrong in a test's own part of this.
        self.mistakes: list[Exception] = []
        self._key = key
        self._listed = re.compile(listed)
        self._single = re.compile(single)
        self._state = state
        self._moments: dict[tuple[str, int, str], list[Act]] = {}
        self._views: dict[str, View] = {}
        self._first_page: View | None = None
        self._lock = threading.Lock()
        self._order = itertools.count()
        self._serving = threading.local()

    def __enter__(self) -> Watched:
        self.cloud.around = self._around
        for vendor in (self.cloud.meraki, self.cloud.eset):
            vendor.handle = self._watching(vendor, vendor.handle)  # type: ignore[method-assign]
        return self

    def __exit__(self, *_error: object) -> None:
        self.cloud.around = None
        for vendor in (self.cloud.meraki, self.cloud.eset):
            del vendor.handle
        if self.mistakes:
            raise self.mistakes[0]

    def on(self, which: str, number: int, when: str, act: Act) -> None:
        """``act`` just ``before`` a request of the run is looked at, or just ``after`` it was answered: the one of this number, from 0, of
        ``any``, of those that ``read`` or ``write``, or of those for the ``list``."""
        self._moments.setdefault((which, number, when), []).append(act)

    def state(self) -> State:
        """As it is now."""
        return self._state(self.cloud)

    @property
    def attempts(self) -> list[Sent]:
        """The run's writes, as they arrived."""
        return [sent for sent in self.sent if sent.method != "GET"]

    @property
    def writes(self) -> list[Sent]:
        """Those that were carried out, in the order in which they were."""
        return sorted((sent for sent in self.attempts if sent.carried_out), key=lambda sent: sent.done)

    def lists(self, before: Sent | None = None) -> list[Sent]:
        """The run's requests for the list, all of them or those that were answered before another request arrived."""
        found = [sent for sent in self.sent if sent.method == "GET" and self._listed.search(sent.path)]
        return [sent for sent in found if before is None or sent.number < before.number]

    @property
    def last_view(self) -> View | None:
        """The list that the run was given last."""
        return self._views.get("")

    def note(self, what: str) -> None:
        """Somebody else has written in a way that is no request."""
        self.others.append((self.clock.now, next(self._order), what))

    def story(self) -> str:
        """What happened, for whoever reads a failure."""
        lines = [(sent.order, str(sent)) for sent in self.sent]
        lines += [(order, f"{at:8.2f} s      somebody else: {what}") for at, order, what in self.others]
        return "\n".join(text for _order, text in sorted(lines))

    # Between the run and the vendor.

    def _around(self, entry: Any, respond: Callable[[], Any]) -> Any:
        if self._key not in entry.who:
            if entry.method != "GET":
                self.note(f"{entry.method} {entry.path}")
            return respond()
        with self._lock:
            place = len(self.sent), next(self._order), self.clock.now
            sent = Sent(*place, entry.method, entry.path, entry.query, entry.body, views=dict(self._views))
            self.sent.append(sent)
            places = self._places(sent)
        self._act(places, "before")
        self.clock.advance(self.latency(sent))
        self._serving.sent = sent
        try:
            response = respond()
        finally:
            self._serving.sent = None
        sent.fault, sent.acted, sent.answered = entry.fault, entry.acted, self.clock.now
        if response is not None:
            sent.status = response.status
            if self.tampers and response.status == 200 and response.body[:1] in (b"{", b"["):
                response = replace(response, body=json.dumps(self._tampered(sent, json.loads(response.body))).encode())
            self._look(sent, response)
        self._act(places, "after")
        return response

    def _places(self, sent: Sent) -> dict[str, int]:
        """Which request this is, among all and among its like."""
        reads = sent.method == "GET"
        found = {"any": sent.number, "read" if reads else "write": sum((one.method == "GET") == reads for one in self.sent) - 1}
        return {**found, "list": len(self.lists()) - 1} if reads and self._listed.search(sent.path) else found

    def _tampered(self, sent: Sent, data: Any) -> Any:
        for tamper in self.tampers:
            with self._ours():
                data = tamper(sent, data)
        return data

    def _act(self, places: Mapping[str, int], when: str) -> None:
        for which, number in places.items():
            for act in self._moments.pop((which, number, when), []):
                with self._ours():
                    act()

    @contextlib.contextmanager
    def _ours(self) -> Iterator[None]:
        """What goes wrong here, in a thread of the server, is the test's mistake and not the vendor's."""
        try:
            yield
        except Exception as mistake:
            self.mistakes.append(mistake)
            raise

    def _watching(self, vendor: Any, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def handle(request: Any) -> Any:
            sent = getattr(self._serving, "sent", None)
            if sent is None:
                return original(request)
            with vendor.lock:
                sent.before = self.state()
                response = original(request)
                sent.after = self.state()
                sent.done = next(self._order)
            return response

        return handle

    def _look(self, sent: Sent, response: Any) -> None:
        """Whether the run has a whole list now, or a unit."""
        if sent.method != "GET" or response.status != 200 or sent.fault not in _HARMLESS:
            return
        view = View(sent.before, self.clock.now, sent.done, self.clock.now)
        unit = self._single.search(sent.path)
        if unit:
            self._views[unit[1]] = view
        elif self._listed.search(sent.path):
            if not {"startingAfter", "pageToken"} & set(sent.query):
                self._first_page = view
            follows = "rel=next" in response.headers.get("Link", "") or b'"nextPageToken":"' in response.body.replace(b" ", b"")
            if not follows and self._first_page is not None:
                self._views = {"": replace(self._first_page, until=self.clock.now)}


class Client:
    """Somebody else, with a key of their own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Authorization": f"Bearer {OTHER}", "User-Agent": "SecondAdmin/1.0 Example"})

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The data of the answer; None where it was refused, as happens to people."""
        answer = self._send(method, self._url + path, json=body, params=query)
        return (answer.json() if answer.content else {}) if answer.ok else None

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """The data of each page of one of Meraki's lists."""
        answer = self._send("GET", self._url + path, params=query)
        yield answer.json()
        while "next" in answer.links:
            answer = self._send("GET", answer.links["next"]["url"])
            yield answer.json()

    def close(self) -> None:
        """Nothing more."""
        self._session.close()

    def _send(self, method: str, url: str, **more: Any) -> requests.Response:
        return self._session.request(method, url, timeout=30, **more)


class SentryAdmin:
    """Somebody else who looks after Sentry policies: reads the whole organization, and writes it with one thing changed."""

    PATH = "/organizations/1/sm/sentry/policies/assignments"
    _WRITABLE = ("policyId", "smNetworkId", "scope", "tags", "groupPolicyId")

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._client = Client(cloud.meraki_url)
        self.close = self._client.close

    def networks(self) -> dict[str, list[dict[str, Any]]]:
        """What there is, as it has to be sent."""
        pages = self._client.pages(f"{self.PATH}/byNetwork", perPage=1000)
        items = [item for page in pages for part in (page if isinstance(page, list) else [page]) for item in part["items"]]
        return {item["networkId"]: [{key: policy[key] for key in self._WRITABLE} for policy in item["policies"]] for item in items}

    def put(self, networks: Mapping[str, list[dict[str, Any]]]) -> Any:
        """All of it."""
        items = [{"networkId": network, "policies": policies} for network, policies in networks.items()]
        return self._client.ask("PUT", self.PATH, {"items": items})

    def add(self, network: str, policy: dict[str, Any], place: int = 99) -> None:
        """One more policy."""
        networks = self.networks()
        networks.setdefault(network, []).insert(place, policy)
        self.put(networks)

    def remove(self, network: str, place: int = 0) -> None:
        """One policy less."""
        networks = self.networks()
        del networks.get(network, [])[place : place + 1]
        self.put(networks)

    def reorder(self, network: str) -> None:
        """The other way round."""
        networks = self.networks()
        networks.get(network, []).reverse()
        self.put(networks)

    def change(self, network: str, place: int = 0, **fields: Any) -> None:
        """Another policy under the same id."""
        networks = self.networks()
        for policy in networks.get(network, [])[place : place + 1]:
            policy.update(fields)
        self.put(networks)

    def retag(self, network: str, place: int) -> None:
        """A policy is for other devices from now on."""
        self.change(network, place, scope="withAny", tags=["theirs"])

    def clear(self, network: str) -> None:
        """No policies any more."""
        self.put({**self.networks(), network: []})

    def delete_network(self, network: str) -> None:
        """The network itself; the specification at hand has no request for it."""
        if network in self._cloud.meraki.network_ids("1"):
            self._cloud.meraki.remove_network(network)


class ApplicationAdmin:
    """Somebody else who looks after private applications: reads one, and writes it with one thing changed. What is not there stays so."""

    PATH = "/organizations/1/secureConnect/privateApplications"
    GROUPS = "/organizations/1/secureConnect/privateApplicationGroups"
    _WRITABLE = ("name", "description", "destinations", "appProtocol", "sni", "sslVerificationEnabled", "applicationGroupIds")

    def __init__(self, cloud: Cloud) -> None:
        self._client = Client(cloud.meraki_url)
        self.close = self._client.close

    def change(self, present_name: str, **fields: Any) -> None:
        """Some attributes of an application, the others as they are."""
        for found in self._named(present_name):
            body = {key: found[key] for key in self._WRITABLE if key in found} | fields
            self._client.ask("PUT", f"{self.PATH}/{found['applicationId']}", body)

    def describe(self, name: str, text: str) -> None:
        """Another description."""
        self.change(name, description=text)

    def open(self, name: str, numbers: Sequence[int]) -> None:
        """Other destinations."""
        self.change(name, destinations=_destinations(numbers))

    def rename(self, name: str, other: str) -> None:
        """Another name, unless it is taken."""
        self.change(name, name=other)

    def make(self, name: str, numbers: Sequence[int]) -> None:
        """A new application."""
        self._client.ask("POST", self.PATH, {"name": name, "destinations": _destinations(numbers)})

    def delete(self, name: str) -> None:
        """The whole application."""
        for found in self._named(name):
            self._client.ask("DELETE", f"{self.PATH}/{found['applicationId']}", {"force": True})

    def join(self, name: str, group: str) -> None:
        """One more group."""
        for found in self._named(name):
            self.change(name, applicationGroupIds=list({*found["applicationGroupIds"], group}))

    def leave(self, name: str, group: str) -> None:
        """One group less."""
        for found in self._named(name):
            self.change(name, applicationGroupIds=[one for one in found["applicationGroupIds"] if one != group])

    def rename_group(self, group: str, name: str) -> None:
        """A group by another name."""
        found = self._client.ask("GET", f"{self.GROUPS}/{group}")
        if found:
            kept = {key: found[key] for key in ("description", "applicationIds")}
            self._client.ask("PUT", f"{self.GROUPS}/{group}", {**kept, "name": name})

    def delete_group(self, group: str) -> None:
        """A group, not its applications."""
        self._client.ask("DELETE", f"{self.GROUPS}/{group}", {"force": True})

    def _named(self, name: str) -> list[dict[str, Any]]:
        pages = self._client.pages(self.PATH, perPage=1000)
        return [item for page in pages for item in page["data"] if item["name"] == name]


def _destinations(numbers: Sequence[int]) -> list[dict[str, Any]]:
    ports = [{"protocol": "TCP", "ports": "443"}]
    return [{"destinationAddr": [f"10.0.0.{number}/32"], "protocolPorts": ports, "accessType": "browser"} for number in numbers]


class AssignmentAdmin:
    """Somebody else who assigns ESET policies. A target is ``(kind, uuid)`` as the API has them."""

    PATH = "/v2/policy-assignments"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._client = Client(cloud.eset_url)
        self.close = self._client.close

    def assign(self, target: tuple[str, str], policy: str) -> None:
        """At the end of a stack."""
        self._client.ask("POST", self.PATH, {"assignment": {"policyUuid": policy, "target": dict([target])}})

    def remove(self, target: tuple[str, str], place: int = 0) -> None:
        """What stands at a place of a stack, from 0."""
        for uuid in self._stack(target)[place : place + 1]:
            self._client.ask("DELETE", f"{self.PATH}/{uuid}")

    def remove_policy(self, target: tuple[str, str], policy: str) -> None:
        """A policy, wherever it stands."""
        for one in self._cloud.eset.stacks().get(target, ()):
            if one.visible and one.policy == policy:
                self._client.ask("DELETE", f"{self.PATH}/{one.uuid}")

    def rank(self, target: tuple[str, str], place: int, rank: int) -> None:
        """What stands at a place goes elsewhere."""
        for uuid in self._stack(target)[place : place + 1]:
            self._client.ask("POST", f"{self.PATH}/{uuid}:updateRanking", {"rank": rank})

    def assign_hidden(self, target: tuple[str, str], policy: str) -> None:
        """As somebody whose assignments no API user sees; they count in the ranks."""
        self._cloud.eset.assign(policy, *target, visible=False)

    def _stack(self, target: tuple[str, str]) -> list[str]:
        return [one.uuid for one in self._cloud.eset.stacks().get(target, ()) if one.visible]
