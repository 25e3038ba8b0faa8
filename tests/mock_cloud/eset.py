# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock server for ESET Connect and ESET PROTECT On-Prem: strict as the specifications in ``docs/specs`` are."""

from __future__ import annotations

import random
import threading
import time
import uuid as uuids
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from .eset_auth import SIGN_IN, SignIn
from .eset_devices import ROOT, Devices
from .eset_errors import Refusal, denied, invalid, not_found, wrong_content_type
from .eset_lists import Lists
from .eset_pending import Pending
from .eset_policies import Assignment, Policies
from .spec import Operation, find
from .web import Request, Response

__all__ = ["ROOT", "Eset"]

FILES = ("eset-policy-management.openapi.json", "eset-device-management.openapi.json")
#: The specifications' limit for identifiers in paths.
_LONGEST_UUID = 100


class Eset:
    """What a tenant knows. Users, groups, devices, policies and assignments are added by methods; the switches are plain attributes:

    - ``deployment``: ``cloud`` or ``on_prem``; decides how to sign in, and the page sizes
    - ``token_seconds``: how long the tokens issued from now on are good
    - ``token_uses``: after how many requests they are refused with 401; None: never
    - ``expires_in``: what the sign-in says of it, where that is not the truth
    - ``refresh``: ``ok``, or ``refused``, which is ``invalid_grant``
    - ``signin_pending``: the next sign-in is answered 202 so many times first
    - ``on_prem_signin``: the one body that ``GetTokens`` accepts: ``13.0``, ``password``, ``13.1``; or ``any`` of them
    - ``on_prem_device_list``: what On-Prem says to ``GET /v1/devices``: True the list, False 404, 501 that
    - ``duplicates``: assigning what is assigned: ``allow`` makes a second one, ``refuse`` is 400, ``ignore`` answers the first one
    - ``rank_error``: the status for a rank above the number of the target's assignments: 400 or 412
    - ``error_bodies``: ``grpc``, ``empty``, ``html``
    - ``next_token_end``: ``nextPageToken`` of the last page: ``missing``, ``null``, ``empty``
    - ``ranks_as_text``: ``"rank": "1"``, as protobuf's JSON has 64-bit integers
    - ``shuffle``: lists are in an arbitrary order, another one for each listing, the same for its pages
    - ``page_default``, ``page_max``: page sizes other than the deployment's
    - ``lag``: so many list reads of assignments show the state before the last write; counts down
    - ``before_write``: called with each write just before it acts
    - ``root_name``: the name of the group All
    """

    def __init__(self) -> None:
        self.deployment = "cloud"
        self.token_seconds: float = 3600
        self.token_uses: int | None = None
        self.expires_in: int | None = None
        self.refresh = "ok"
        self.signin_pending = 0
        self.on_prem_signin = "13.0"
        self.on_prem_device_list: bool | int = True
        self.duplicates = "allow"
        self.rank_error = 400
        self.error_bodies = "grpc"
        self.next_token_end = "missing"
        self.ranks_as_text = False
        self.shuffle = True
        self.page_default: int | None = None
        self.page_max: int | None = None
        self.lag = 0
        self.before_write: Callable[[Request], None] | None = None
        self.lists = Lists(self)
        self.lock = threading.RLock()
        self._random = random.Random(7)
        self._sign_in = SignIn(self)
        self._devices = Devices(self)
        self._policies = Policies(self)
        self._pending = Pending(self._act)
        self._subscriptions: set[str] = set()
        self._routes = {**self._devices.routes(), **self._policies.routes()}

    # What tests seed and look at.

    def add_user(self, username: str, password: str, read_only: bool = False) -> None:
        """Somebody who can sign in; with ``read_only`` writes are 403."""
        self._sign_in.add_user(username, password, read_only)

    def add_token(self, token: str, lifetime: float | None = None, uses: int | None = None, read_only: bool = False) -> None:
        """An access token that is there already, for ``lifetime`` seconds from now and ``uses`` requests; None: without end."""
        self._sign_in.add_token(token, time.monotonic(), lifetime, uses, read_only)

    @property
    def issued(self) -> list[str]:
        """All access and refresh tokens that were handed out, in order: what no output may show."""
        return self._sign_in.issued

    def add_policy(self, name: str, uuid: str | None = None, visible: bool = True) -> str:
        """A policy; its uuid. One that is not visible cannot be read or assigned through the API."""
        with self.lock:
            made = uuid or self.new_uuid()
            self._policies.add_policy(made, name, visible)
            return made

    def add_group(
        self, name: str, parent: str | None = None, uuid: str | None = None, static: bool = True, entity: str = "UNSPECIFIED"
    ) -> str:
        """A device group below ``parent`` (a uuid; default: the group All); its uuid. ``entity``: what it is, such as ``COMPANY``."""
        with self.lock:
            made = uuid or self.new_uuid()
            self._devices.add_group(made, name, parent, static, entity)
            return made

    def add_device(self, name: str, group: str | None = None, uuid: str | None = None) -> str:
        """A device in a static group (a uuid; default: the group All); its uuid."""
        with self.lock:
            made = uuid or self.new_uuid()
            self._devices.add_device(made, name, group)
            return made

    def add_member(self, group: str, device: str) -> None:
        """The device is in one more group, a dynamic one for example: lists of members may then show it twice."""
        with self.lock:
            self._devices.add_member(group, device)

    def add_subscription(self, uuid: str | None = None) -> str:
        """A subscription; its uuid."""
        with self.lock:
            made = uuid or self.new_uuid()
            self._subscriptions.add(made)
            return made

    def assign(self, policy_uuid: str, kind: str, target_uuid: str, visible: bool = True) -> str:
        """The policy at the end of a target's stack (``deviceUuid``, ``deviceGroupUuid``, ``subscriptionUuid``); the assignment's uuid.

        One that is not visible counts in the ranks and is not listed. ``ValueError`` where there is no such policy or target.
        """
        with self.lock:
            return self._policies.assign(self.new_uuid(), policy_uuid, kind, target_uuid, visible).uuid

    def move(self, kind: str, target_uuid: str, rank: int, to: int) -> None:
        """Somebody else gives the assignment of one rank another one."""
        with self.lock:
            self._policies.move(kind, target_uuid, rank, to)

    def pend(
        self,
        method: str | None = None,
        path: str | None = None,
        polls: int = 1,
        times: int = 1,
        lost: str | None = None,
        acts: str = "first",
        no_response_id: bool = False,
    ) -> None:
        """The next ``times`` requests that fit are answered 202; ``path`` is searched in path and query, None fits all but signing in.

        The ``polls``-th time that the identical request comes with its ``response-id`` it gets the real answer, before that 202 again.
        ``lost="404"``: at the first poll the answer is gone; ``lost="504"``: in place of the answer there is 504. ``acts``: the request
        acts at once (``first``), when its answer is ready or lost (``fetch``), or not at all (``never``). ``no_response_id``: nothing can
        be fetched, and ``fetch`` never acts.
        """
        with self.lock:
            self._pending.add(method, path, polls, times, lost, acts, no_response_id)

    @property
    def pending_left(self) -> int:
        """How many requests ``pend`` is still waiting for."""
        return self._pending.left

    def stack(self, kind: str, target_uuid: str) -> list[str]:
        """The policies of a target, rank 1 first, hidden ones too."""
        with self.lock:
            return self._policies.stack(kind, target_uuid)

    def assignments(self) -> list[dict[str, Any]]:
        """All assignments as the API has them, hidden ones too, target by target and in the order of their ranks."""
        with self.lock:
            return self._policies.assignments()

    def stacks(self) -> dict[tuple[str, str], tuple[Assignment, ...]]:
        """The same by kind and uuid of the target; each says whether it is visible."""
        with self.lock:
            return self._policies.stacks()

    def state(self) -> dict[str, Any]:
        """Everything but users and tokens, as JSON data."""
        with self.lock:
            return {**self._devices.state(), "subscriptions": sorted(self._subscriptions), **self._policies.state()}

    @property
    def root_name(self) -> str:
        """The name of the group All, which is localised."""
        return self._devices.root_name

    @root_name.setter
    def root_name(self, name: str) -> None:
        self._devices.root_name = name

    def seed_demo(self) -> None:
        """A small tenant, the same uuids every time."""
        _seed(self)

    # The API.

    def bucket(self, request: Request) -> str:
        """Whose rate limit a request counts to: the user's, whichever token is shown."""
        token = self._sign_in.known(request)
        return "eset " + (token.user if token and token.user else request.headers.get("authorization", ""))

    def handle(self, request: Request) -> Response:
        """The answer to one request; every one carries a ``request-id``."""
        with self.lock:
            try:
                response = self._handle(request)
            except Refusal as refused:
                response = refused.response(self.error_bodies)
            return Response(response.status, {**response.headers, "request-id": str(uuids.uuid4())}, response.body)

    def _handle(self, request: Request) -> Response:
        if request.path not in SIGN_IN:
            self._sign_in.admit(request)
        elif self.signin_pending > 0 and "response-id" not in request.headers:
            self._pending.add("POST", f"^{request.path}", self.signin_pending, 1, None, "first", False)
            self.signin_pending = 0
        return self._pending.handle(request)

    def _act(self, request: Request) -> Response:
        """What the request does, and its real answer; refusals too, for those may be fetched later like any other answer."""
        try:
            return self._sign_in.handle(request) if request.path in SIGN_IN else self._operate(request)
        except Refusal as refused:
            return refused.response(self.error_bodies)

    def _operate(self, request: Request) -> Response:
        operation, parameters, _known = find(FILES, request.method, request.path)
        if operation is None:
            raise not_found()
        places = [unquote(value) for value in parameters]
        if any(len(place) > _LONGEST_UUID for place in places):
            raise invalid(f"an identifier must not be longer than {_LONGEST_UUID} characters")
        _check_query(operation, request)
        _check_body(operation, request)
        if request.method != "GET":
            token = self._sign_in.known(request)
            if token is None or token.read_only:
                raise denied("Access denied. Check permissions.")
            if self.before_write is not None:
                self.before_write(request)
        return self._routes[operation.id](request, *places)

    # What the parts ask of the whole.

    def has_target(self, kind: str, target: str) -> bool:
        """Whether there is such a device, group or subscription."""
        if kind == "subscriptionUuid":
            return target in self._subscriptions
        return self._devices.has_device(target) if kind == "deviceUuid" else self._devices.has_group(target)

    def new_uuid(self) -> str:
        """The next identifier; the same ones in the same order in every tenant."""
        return str(uuids.UUID(int=self._random.getrandbits(128), version=4))


def _check_query(operation: Operation, request: Request) -> None:
    """Refuse what the specification does not know, and values outside its schemas."""
    for name, values in request.query.items():
        if name not in operation.query:
            raise invalid(f"unknown parameter {name}")
        schema = operation.query[name]["schema"]
        if schema["type"] == "array":
            continue
        if len(values) > 1:
            raise invalid(f"{name} is given twice")
        value = values[0]
        if schema["type"] == "integer":
            if not (value.isascii() and value.isdigit() and schema["minimum"] <= int(value) <= schema["maximum"]):
                raise invalid(f"{name} must be between {schema['minimum']} and {schema['maximum']}")
        elif schema["type"] == "boolean":
            if value not in ("true", "false"):
                raise invalid(f"{name} must be true or false")
        elif len(value) > schema.get("maxLength", len(value)) or value not in schema.get("enum", [value]):
            raise invalid(f"{name} is not valid")


def _check_body(operation: Operation, request: Request) -> None:
    """Refuse a body that is not of the specification's type and schema, or that it does not know at all."""
    if not operation.content:
        if request.body:
            raise invalid("no body is allowed here")
        return
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise wrong_content_type("application/json")
    try:
        data = request.json()
    except ValueError:
        raise invalid("the body is not JSON") from None
    errors = operation.body_errors(data)
    if errors:
        raise invalid("; ".join(errors))


def _seed(eset: Eset) -> None:
    servers = eset.add_group("Servers", uuid="7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0001")
    berlin = eset.add_group("Berlin", servers, uuid="7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0002")
    workstations = eset.add_group("Workstations", uuid="7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0003")
    mobile = eset.add_group("Away from the office", uuid="7f1d0c52-0a31-4a66-9d1c-0e6a4f1b0004", static=False)
    web = eset.add_device("web-01", berlin, uuid="c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0001")
    eset.add_device("db-01", servers, uuid="c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0002")
    laptop = eset.add_device("laptop-17", workstations, uuid="c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0003")
    eset.add_device("reception", workstations, uuid="c2b9d1e4-5b0f-4f6e-8f43-3d5a1c7e0004")
    eset.add_member(mobile, laptop)
    subscription = eset.add_subscription("e85f7a10-9c3d-4b52-a7d6-1f2e3d4c0001")
    names = ("Baseline", "Server hardening", "Updates at night", "Workstation protection", "USB control", "Web server exclusions")
    policies = {
        name: eset.add_policy(name, uuid=f"4e0a6b38-2d17-4c9b-b1f5-8a9c0d1e{number:04}") for number, name in enumerate(names, start=1)
    }
    for name, kind, target in (
        ("Baseline", "deviceGroupUuid", ROOT),
        ("Updates at night", "deviceGroupUuid", servers),
        ("Server hardening", "deviceGroupUuid", servers),
        ("Server hardening", "deviceGroupUuid", berlin),
        ("Workstation protection", "deviceGroupUuid", workstations),
        ("USB control", "deviceGroupUuid", workstations),
        ("Web server exclusions", "deviceUuid", web),
        ("Baseline", "subscriptionUuid", subscription),
    ):
        eset.assign(policies[name], kind, target)
