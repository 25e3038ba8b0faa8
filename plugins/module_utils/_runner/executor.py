# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to secops.policy
"""Carries out a plan's phases: chains at once, requests of a chain in turn; stops where going on would be unsafe."""

from __future__ import annotations

import threading
import time
import typing as t
from functools import partial
from urllib.parse import quote

from .._http.client import Client
from .._http.errors import ApiError, NotActed, RequestCancelled, WriteOutcomeUnknown
from .._http.together import together
from .._model.documented import Undocumented
from .._model.plan import ATTRIBUTES, FRESH, NEW, OBJECTS, Chain, Outcome, Request, ValidationErrors, canonical_json
from .progress import Progress, Show

#: Enough to keep ten requests a second under way when each takes three seconds.
_WORKERS = 32
#: What carries is sent for so many seconds after a read that alone takes longer than ``FRESH``: at once, as far as the pace allows it.
_AT_ONCE = 2.0


class Age:
    """How old the current state is that a plan was made from. ``since``: when (on the monotonic clock) the first answer of its list came;
    ``ready``: when the plan was made. ``longest``: the oldest that it was when something that carries was sent."""

    def __init__(self, since: float) -> None:
        self._since = since
        self._ready = time.monotonic()
        self.longest = 0.0

    def allows(self) -> bool:
        """Whether what carries may be sent now."""
        now = time.monotonic()
        allowed = now - self._since <= FRESH or now - self._ready <= _AT_ONCE
        if allowed:
            self.longest = max(self.longest, now - self._since)
        return allowed


class _Unread(ApiError):
    """What is to be put back could not be read."""


class _HiddenFailure(Exception):
    """It was made, and its answer says that it went wrong all the same."""


class _Outdated(Exception):
    """The request was not sent, because what it carries is too old by now."""


class Executor:
    """Carries out plans of one run; remembers across them which compensation belongs to a unit whose last write is unknown, and ids
    made. ``read``: reads the current state; ``show``: prints how far it is."""

    def __init__(self, client: Client, read: t.Callable[[], t.Any], show: Show | None = None) -> None:
        self._client = client
        self._show = show
        self.read = read
        self._compensations: dict[str, Request] = {}
        self._ids: dict[str, str] = {}
        #: How often each request was sent without effect, by its identity.
        self.tries: dict[str, int] = {}
        #: The key of the chain in which each request stood, by its identity.
        self.keys: dict[str, str] = {}

    def path(self, request: Request) -> str:
        """The path of a request as it is sent: with the id of what was made for it."""
        made = self._ids.get(request.requires or "")
        return request.path if made is None else request.path.replace(NEW, quote(made, safe=""))

    def identity(self, request: Request) -> str:
        """What a request is, whichever plan it stands in. What it merely carries along does not count."""
        return canonical_json([request.method, self.path(request), request.displayed])

    def run(self, phases: t.Sequence[t.Sequence[Chain]], age: Age) -> Outcome:
        """Carry out ``phases``, made from a state that was read of that ``age``. After a refusal or a write with unknown outcome, and where
        the current state is too old for the next request, nothing new starts; what is under way finishes."""
        outcome = Outcome()
        work = self._work(phases, outcome, age)
        for phase in phases:
            chains = [chain for chain in phase if chain.requests]
            together(self._client, [partial(work.chain, chain) for chain in chains], _WORKERS)
            if work.stop.is_set() or outcome.doubts:
                break
        if outcome.failures:
            work.put_back_all()
        self.keys.update({self.identity(request): chain.key for phase in phases for chain in phase for request in chain.requests})
        planned = [request for phase in phases for chain in phase for request in chain.requests]
        done = {id(request) for request in outcome.made + outcome.unknown}
        outcome.pending = [request for request in planned if id(request) not in done]
        order = {id(request): place for place, request in enumerate(planned)}
        outcome.made.sort(key=lambda request: order[id(request)])
        outcome.unknown.sort(key=lambda request: order[id(request)])
        outcome.unknown += work.lost
        return outcome

    def put_back(self, phases: t.Sequence[t.Sequence[Chain]], age: Age) -> Outcome:
        """Put back what was taken away for those of ``phases`` that will not be carried out any more."""
        outcome = Outcome()
        work = self._work(phases, outcome, age, ends=True)
        work.put_back_all()
        outcome.unknown = work.lost
        return outcome

    def _work(self, phases: t.Sequence[t.Sequence[Chain]], outcome: Outcome, age: Age, ends: bool = False) -> _Work:
        """A pass over ``phases``. What an earlier one has taken away concerns it where the rest of that chain is still to be done, and not
        where nothing is left of it, nor, unless all ``ends`` here, where it begins anew."""
        rest = {chain.key for phase in phases for chain in phase if ends or not any(request.compensation for request in chain.requests)}
        for key in set(self._compensations) - rest:
            del self._compensations[key]
        total = sum(len(chain.requests) for phase in phases for chain in phase)
        return _Work(self._client, self, self._compensations, self._ids, outcome, age, Progress(self._show, total))


def _explained(request: Request, error: ApiError) -> str:
    """A refusal, and what of the request's body it is about; not where it is about who asks, or how often."""
    if request.explain is None or error.data is None or error.status in (401, 403, 404, 429):
        return str(error)
    return f"{str(error).rstrip('.')}. {request.explain(error.data)}"


class UnexpectedResponse(Exception):
    """It was made, and something about it is not as the plan took for granted, so that the plan has to be made again."""


class _Work:
    """One pass over the phases; shared by its threads."""

    def __init__(
        self,
        client: Client,
        executor: Executor,
        compensations: dict[str, Request],
        ids: dict[str, str],
        outcome: Outcome,
        age: Age,
        progress: Progress,
    ) -> None:
        self._progress = progress
        self.stop = threading.Event()
        self._client = client
        self._executor = executor
        self._age = age
        self._compensations = compensations
        self._ids = ids
        self._outcome = outcome
        #: Compensations of which nobody knows whether the server acted.
        self.lost: list[Request] = []
        self._doubtful: set[str] = set()
        #: Those that went out, by their ``id``.
        self._sent: set[int] = set()

    def chain(self, chain: Chain) -> None:
        """The requests in turn. A chain that has taken something away goes on to its end, whatever becomes of the others."""
        for request in chain.requests:
            try:
                if self._cancelled(chain.key):
                    return
                self._one(chain.key, request)
            except RequestCancelled:
                return
            except Exception as error:
                self._ended(chain.key, request, error)
                return
            self._outcome.made.append(request)
            self._progress.made()
            self._keep_compensation(chain.key, request)
        self._compensations.pop(chain.key, None)

    def _ended(self, key: str, request: Request, error: Exception) -> None:
        """Take up how a request ended that was not simply made; nothing new starts, but where the others can go on."""
        outcome = self._outcome
        if isinstance(error, UnexpectedResponse):
            # The others can go on as far as this phase goes: what was made was made.
            outcome.made.append(request)
            outcome.doubts.append(f"{request.what}: {error}")
            return
        self.stop.set()
        if isinstance(error, _Outdated):
            outcome.outdated.append(f"{request.what}: the read that it is based on is too old")
        elif isinstance(error, NotActed):
            outcome.not_acted.append(f"{request.what}: {error}")
        elif isinstance(error, WriteOutcomeUnknown):
            self._doubted(key, request)
            if error.late:
                outcome.late.append(request)
            # Where the server may act at any time later, looking now tells nothing.
            (outcome.failures if error.pending else outcome.doubts).append(f"{request.what}: {error}")
        elif isinstance(error, ApiError) and request.missing_ok and error.status == 404:
            outcome.unknown.append(request)
            outcome.gone.append(request)
            self._doubtful.add(key)
            outcome.doubts.append(f"{request.what}: {error}")
        elif isinstance(error, ApiError):
            outcome.failures.append(f"{request.what}: {_explained(request, error)}")
            self._put_back(key)
        elif isinstance(error, _HiddenFailure):
            outcome.made.append(request)
            self._keep_compensation(key, request)
            outcome.failures.append(f"{request.what}: {error}")
            self._put_back(key)
        else:  # A fault of ours must not look like a finished plan, nor end in a traceback.
            outcome.failures.append(f"{request.what}: internal error, {type(error).__name__}: {error}")
            if id(request) in self._sent:
                self._doubted(key, request)
            else:
                self._put_back(key)

    def _doubted(self, key: str, request: Request) -> None:
        """Nobody knows whether it was made."""
        self._outcome.unknown.append(request)
        self._doubtful.add(key)
        self._keep_compensation(key, request)

    def _cancelled(self, key: str) -> bool:
        return self.stop.is_set() and key not in self._compensations

    def _keep_compensation(self, key: str, request: Request) -> None:
        if request.compensation is not None:
            self._compensations[key] = request.compensation

    def _one(self, key: str, request: Request) -> None:
        path = self._executor.path(request)
        tries = None
        if request.carries == OBJECTS:
            tries = self._executor.tries.setdefault(self._executor.identity(request), 0)
            self._executor.tries[self._executor.identity(request)] += 1

        def proceed() -> bool:
            going = not self._cancelled(key)
            if going and request.carries in (ATTRIBUTES, OBJECTS) and not self._age.allows():
                raise _Outdated
            if going:
                self._sent.add(id(request))
            return going

        body = request.body if request.fill is None else request.fill(self._ids)
        response = self._client.send(request.method, path, body, proceed=proceed, tries=tries)
        self._outcome.responses.append((request, response.data))
        if request.hidden_failure is not None and (text := request.hidden_failure(response.data)):
            raise _HiddenFailure(f"{request.method} {path}: answered {response.status}, but {text}")
        if request.produces is not None and request.extract_id is not None:
            try:
                self._ids[request.produces] = request.extract_id(response.data)
            except (KeyError, TypeError, IndexError):
                raise UnexpectedResponse(f"{request.method} {path}: answered {response.status} without the id of what was made") from None
            except (Undocumented, ValueError) as error:
                raise UnexpectedResponse(f"{request.method} {path}: answered {response.status}, but {error}") from None

    def put_back_all(self) -> None:
        """What was taken away for chains that will not go on, but for those of which nobody knows how far they are."""
        for key in [key for key in self._compensations if key not in self._doubtful]:
            self._put_back(key)

    def _put_back(self, key: str) -> None:
        compensation = self._compensations.pop(key, None)
        while compensation is not None:
            try:
                sent = self._send_undo(compensation)
            except ApiError as error:
                self._outcome.failures.append(f"{compensation.what}: {error}")
                refused = isinstance(error, _Unread) or error.status is not None and error.status >= 300
                if not refused:
                    self.lost.append(compensation)
                compensation = compensation.compensation if refused else None
            else:
                self._outcome.put_back.append(sent)
                compensation = None

    def _send_undo(self, compensation: Request) -> Request:
        """Whole and the same each time, so that it can be sent again; of what it carries, as it is now and not as it was planned from.
        Returns the request as it was sent."""
        while True:
            body, age = self._renewed(compensation)

            def proceed(age: Age = age) -> bool:
                if compensation.renew is not None and not age.allows():
                    raise _Outdated
                return True

            try:
                response = self._client.send(compensation.method, compensation.path, body, idempotent=True, proceed=proceed)
                if compensation.hidden_failure is not None and (text := compensation.hidden_failure(response.data)):
                    self._outcome.failures.append(f"{compensation.what}: answered {response.status}, but {text}")
                return compensation._replace(body=body)
            except _Outdated:
                continue

    def _renewed(self, compensation: Request) -> tuple[t.Any, Age]:
        """The body of an undo made from what is there now, and how old that is. Raises ``_Unread``."""
        try:
            if compensation.renew is None:
                return compensation.body, Age(time.monotonic())
            if compensation.renews_from_list:
                current = self._executor.read()
                return compensation.renew(current), Age(current.since)
            return compensation.renew(self._client.get(compensation.path).data), Age(time.monotonic())
        except (ApiError, Undocumented, ValidationErrors) as error:
            raise _Unread(f"the current state could not be read: {error}") from None
