# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's API as far as the modules of awx.awx use it for the role awx: real HTTP on loopback, kept in memory.

Stricter than AWX where AWX is silent: a field that it does not know, and would ignore, is refused.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from . import rules

VERSION = "24.6.1"
TOKEN = "a-token-of-awx-that-nobody-should-see"
ENCRYPTED = "$encrypted$"
_API = "/api/v2/"
#: What jobs can be made of; AWX numbers them together.
UNIFIED = ("job_templates", "workflow_job_templates", "projects", "inventory_sources", "workflow_approval_templates")
_NOTIFICATIONS = ("notification_templates_started", "notification_templates_success", "notification_templates_error")
#: The fields of a notification's configuration that the role's users are most likely to have: name, type, and what AWX fills in.
_CONFIGURATIONS = {
    "webhook": {
        "url": (str, None), "http_method": (str, "POST"), "headers": (dict, None), "username": (str, ""), "password": (str, ""),
        "disable_ssl_verification": (bool, False),
    },
    "slack": {"token": (str, None), "channels": (list, None), "hex_color": (str, "")},
    "email": {
        "host": (str, None), "port": (int, None), "username": (str, ""), "password": (str, ""), "sender": (str, None),
        "recipients": (list, None), "use_tls": (bool, False), "use_ssl": (bool, False), "timeout": (int, 30),
    },
}  # fmt: skip
_SECRETS = ("password", "token")


@dataclass(frozen=True)
class _Kind:
    """A collection. ``fields``: name to type, or to the name of the collection that it refers to. ``derived`` ones can only be read."""

    fields: Mapping[str, type | str]
    required: tuple[str, ...] = ("name",)
    unique: tuple[str, ...] = ("name", "organization")
    related: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()


_LAUNCH: dict[str, type | str] = {
    "extra_vars": str, "limit": str, "survey_enabled": bool, "allow_simultaneous": bool, "ask_limit_on_launch": bool,
    "ask_variables_on_launch": bool,
}  # fmt: skip
_NAMED: dict[str, type | str] = {"name": str, "description": str, "organization": "organizations"}
_NODES = dict.fromkeys(("success_nodes", "failure_nodes", "always_nodes"), "workflow_job_template_nodes")
KINDS = {
    "organizations": _Kind({"name": str, "description": str}),
    "teams": _Kind(_NAMED),
    "instance_groups": _Kind({"name": str}),
    "credential_types": _Kind(
        {"name": str, "description": str, "kind": str, "inputs": dict, "injectors": dict, "managed": bool},
        ("name", "kind"), ("name", "kind"),
    ),
    "credentials": _Kind(
        {**_NAMED, "credential_type": "credential_types", "inputs": dict},
        ("name", "credential_type"), ("name", "organization", "credential_type"),
    ),
    "execution_environments": _Kind({**_NAMED, "image": str, "pull": str, "credential": "credentials"}, ("name", "image")),
    "projects": _Kind(
        {**_NAMED, "scm_type": str, "scm_url": str, "scm_branch": str, "credential": "credentials", "scm_update_on_launch": bool},
        ("name", "organization", "scm_type"),
    ),
    "inventories": _Kind({**_NAMED, "kind": str, "host_filter": str, "variables": str}, ("name", "organization")),
    "inventory_sources": _Kind(
        {
            "name": str, "description": str, "inventory": "inventories", "source": str, "source_path": str, "source_project": "projects",
            "overwrite": bool, "overwrite_vars": bool, "update_on_launch": bool, "update_cache_timeout": int, "credential": "credentials",
            "execution_environment": "execution_environments",
        },
        ("name", "inventory", "source"), ("name", "inventory"), derived=("organization",),
    ),
    "hosts": _Kind(
        {"name": str, "description": str, "inventory": "inventories", "enabled": bool, "variables": str},
        ("name", "inventory"), ("name", "inventory"),
    ),
    "notification_templates": _Kind(
        {**_NAMED, "notification_type": str, "notification_configuration": dict, "messages": dict},
        ("name", "organization", "notification_type", "notification_configuration"),
    ),
    "job_templates": _Kind(
        {
            **_NAMED, **_LAUNCH, "job_type": str, "inventory": "inventories", "project": "projects", "playbook": str,
            "execution_environment": "execution_environments", "forks": int, "diff_mode": bool, "job_slice_count": int,
            "ask_job_type_on_launch": bool, "verbosity": int,
        },
        ("name", "project", "playbook"), ("name", "organization"),
        {**dict.fromkeys(_NOTIFICATIONS, "notification_templates"), "credentials": "credentials", "instance_groups": "instance_groups"},
        ("admin", "execute", "read"),
    ),
    "workflow_job_templates": _Kind(
        {**_NAMED, **_LAUNCH}, ("name",), ("name", "organization"),
        dict.fromkeys((*_NOTIFICATIONS, "notification_templates_approvals"), "notification_templates"),
        ("admin", "execute", "read", "approval"),
    ),
    "workflow_job_template_nodes": _Kind(
        {
            "identifier": str, "workflow_job_template": "workflow_job_templates", "unified_job_template": "unified_job_templates",
            "extra_data": dict, "all_parents_must_converge": bool,
        },
        ("identifier", "workflow_job_template"), ("identifier", "workflow_job_template"), _NODES,
    ),
    "workflow_approval_templates": _Kind({"name": str, "description": str, "timeout": int}, ("name",), ()),
    "schedules": _Kind(
        {
            "name": str, "description": str, "unified_job_template": "unified_job_templates", "rrule": str, "enabled": bool,
            "extra_data": dict,
        },
        ("name", "unified_job_template", "rrule"), ("name", "unified_job_template"),
    ),
}  # fmt: skip
#: What an object has where nobody says.
_DEFAULTS: dict[type, Any] = {str: "", bool: False, int: 0, dict: {}}
_OTHERS = {
    ("hosts", "enabled"): True,
    ("schedules", "enabled"): True,
    ("job_templates", "job_slice_count"): 1,
    ("inventories", "host_filter"): None,
}


class Refusal(Exception):
    """``status`` and body of an answer that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


class Awx:
    """``with Awx(playbooks) as awx:`` listens on a free port. ``playbooks`` are the names that a project holds.

    ``objects`` has them by collection and id; ``log`` every request as ``(method, path, body)``.
    """

    def __init__(self, playbooks: list[str]) -> None:
        self.playbooks = playbooks
        self.objects: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in KINDS}
        self.log: list[tuple[str, str, Any]] = []
        #: ``(collection, id, list)`` to ids, in the order in which they were attached.
        self.lists: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[int, dict[str, Any]] = {}
        #: Role ids to what they are, and to the teams that have them.
        self._roles: dict[int, tuple[str, int, str]] = {}
        self.granted: dict[int, list[int]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.add("organizations", name="Default")

    def __enter__(self) -> Awx:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """How the modules of awx.awx find it."""
        return {"CONTROLLER_HOST": f"http://127.0.0.1:{self._server.server_address[1]}", "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def add(self, kind: str, **values: Any) -> int:
        """An object that is there already; its id."""
        return int(self._create(kind, values)["id"])

    def one(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The one object with these values."""
        (found,) = (item for item in self.objects[kind].values() if all(item[key] == value for key, value in wanted.items()))
        return found

    def names(self, kind: str, number: int, related: str) -> list[str]:
        """Names of what is attached, sorted."""
        target = KINDS[kind].related[related]
        key = "identifier" if target == "workflow_job_template_nodes" else "name"
        return sorted(self.objects[target][one][key] for one in self.lists.get((kind, number, related), []))

    def teams(self, kind: str, name: str, role: str) -> list[str]:
        """Names of the teams that have a role on an object."""
        number = self.one(kind, name=name)["id"]
        (found,) = (key for key, value in self._roles.items() if value == (kind, number, role))
        return sorted(self.objects["teams"][one]["name"] for one in self.granted.get(found, []))

    def writes(self) -> list[tuple[str, str, Any]]:
        """All but reads."""
        return [entry for entry in self.log if entry[0] != "GET"]

    def job(
        self,
        template: str,
        answers: Mapping[str, str] | None = None,
        workflow: str | None = None,
        artifacts: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What a job of a template is started with: ``playbook env extra_vars forks diff``.

        In a workflow, what earlier jobs left as artifacts beats the template's and the survey's variables, and the workflow's own beat all.
        """
        one = self.one("job_templates", name=template)
        env: dict[str, str] = {}
        for number in self.lists.get(("job_templates", one["id"], "credentials"), []):
            credential = self.objects["credentials"][number]
            env |= rules.injected(self.objects["credential_types"][credential["credential_type"]], credential["inputs"])
        variables = (
            json.loads(one["extra_vars"] or "{}") | rules.survey_answers(self.surveys[one["id"]], answers or {}) | dict(artifacts or {})
        )
        if workflow:
            variables |= json.loads(self.one("workflow_job_templates", name=workflow)["extra_vars"])
        return {
            "playbook": one["playbook"],
            "env": env,
            "extra_vars": variables | {"awx_job_id": 4711, "tower_job_id": 4711},
            "forks": one["forks"],
            "diff": one["diff_mode"],
        }

    def update(self, source: str) -> dict[str, Any]:
        """What an update of an inventory source is started with: ``path env``. AWX reads the path with ``ansible-inventory``."""
        one = self.one("inventory_sources", name=source)
        env: dict[str, str] = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "True"}
        if one["credential"] is not None:
            credential = self.objects["credentials"][one["credential"]]
            env |= rules.injected(self.objects["credential_types"][credential["credential_type"]], credential["inputs"])
        return {"path": one["source_path"], "env": env}

    def slices(self, template: str, hosts: Collection[str]) -> list[list[str]]:
        """The hosts that each of the jobs gets into which a job of the template is divided."""
        count = self.one("job_templates", name=template)["job_slice_count"]
        return [sorted(hosts)[number::count] for number in range(count)]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        """Status and body."""
        parts = path.removeprefix(_API).strip("/").split("/")
        with self._lock:
            if method != "GET":
                self.log.append((method, path, copy.deepcopy(body)))
            else:
                self.log.append((method, path, dict(query)))
            try:
                return self._routed(method, parts, query, body)
            except Refusal as refused:
                return refused.status, refused.body

    def _routed(self, method: str, parts: list[str], query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if parts[0] == "roles" and len(parts) == 3 and parts[2] == "teams":
            return self._attach(method, self.granted.setdefault(int(parts[1]), []), "teams", body)
        if parts == ["unified_job_templates"] and method == "GET":
            return 200, _page([item for kind in UNIFIED for item in self._found(kind, query)])
        if parts[0] not in KINDS or not 1 <= len(parts) <= 3:
            raise Refusal(404, {"detail": "Not found."})
        if len(parts) == 1:
            if method == "POST":
                return 201, self._shown(parts[0], self._create(parts[0], body))
            return 200, _page(self._found(parts[0], query))
        number = int(parts[1])
        item = self.objects[parts[0]].get(number)
        if item is None:
            raise Refusal(404, {"detail": "Not found."})
        if len(parts) == 2:
            if method == "PATCH":
                self._change(parts[0], item, body)
            return 200, self._shown(parts[0], item)
        return self._below(method, parts[0], item, parts[2], body)

    def _below(self, method: str, kind: str, item: dict[str, Any], name: str, body: Any) -> tuple[int, Any]:
        number = item["id"]
        if name == "survey_spec" and kind in ("job_templates", "workflow_job_templates"):
            if method == "POST":
                _refuse(rules.survey_fault(body), "error")
                self.surveys[number] = body
                return 200, {}
            return 200, self.surveys.get(number, {})
        if name == "create_approval_template" and kind == "workflow_job_template_nodes":
            if item["unified_job_template"] is not None:
                raise Refusal(400, {"error": "the node has a template already"})
            made = self._create("workflow_approval_templates", body)
            item["unified_job_template"] = made["id"]
            return 201, self._shown("workflow_approval_templates", made)
        target = KINDS[kind].related.get(name)
        if target is None:
            raise Refusal(404, {"detail": "Not found."})
        attached = self.lists.setdefault((kind, number, name), [])
        check = {"credentials": self._credential_check, "workflow_job_template_nodes": self._node_check}.get(target)
        return self._attach(method, attached, target, body, check and (lambda other: check(item, attached, other)))

    def _attach(
        self, method: str, attached: list[int], target: str, body: Any, check: Callable[[dict[str, Any]], None] | None = None
    ) -> tuple[int, Any]:
        if method == "GET":
            return 200, _page([self._shown(target, self.objects[target][number]) for number in attached])
        if set(body) - {"id", "disassociate"} or body["id"] not in self.objects[target]:
            raise Refusal(400, {"msg": f"{body} is not one of {target}"})
        if body.get("disassociate"):
            attached.remove(body["id"])
        elif body["id"] not in attached:
            if check:
                check(self.objects[target][body["id"]])
            attached.append(body["id"])
        return 204, None

    def _credential_check(self, _item: dict[str, Any], attached: list[int], other: dict[str, Any]) -> None:
        if other["credential_type"] in [self.objects["credentials"][number]["credential_type"] for number in attached]:
            raise Refusal(
                400, {"error": f"Cannot assign multiple {self.objects['credential_types'][other['credential_type']]['name']} credentials."}
            )

    def _node_check(self, item: dict[str, Any], _attached: list[int], other: dict[str, Any]) -> None:
        if item["workflow_job_template"] != other["workflow_job_template"]:
            raise Refusal(400, {"Error": "Both nodes must be in the same workflow."})
        if any(other["id"] in self.lists.get(("workflow_job_template_nodes", item["id"], name), []) for name in _NODES):
            raise Refusal(400, {"Error": "Relationship not allowed."})
        if item["id"] in self._reached(other["id"]):
            raise Refusal(400, {"Error": "Cycle detected."})

    def _reached(self, number: int) -> set[int]:
        found = {number}
        for name in _NODES:
            for child in self.lists.get(("workflow_job_template_nodes", number, name), []):
                found |= self._reached(child)
        return found

    def _found(self, kind: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        found = list(self.objects[kind].values())
        for key, value in query.items():
            name = key.removeprefix("or__")
            if name not in (*KINDS[kind].fields, *KINDS[kind].derived, "id", "type"):
                # AWX says so for a list of one kind; among templates of several kinds not all have the field.
                if kind not in UNIFIED:
                    raise Refusal(400, {"detail": f"{kind} has no field named '{key}'"})
                return []
            if not key.startswith("or__"):
                found = [item for item in found if str(item.get(name)) == value]
        either = {key.removeprefix("or__"): value for key, value in query.items() if key.startswith("or__")}
        if either:
            found = [item for item in found if any(str(item.get(name)) == value for name, value in either.items())]
        return [self._shown(kind, item) for item in found]

    def _create(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        spec = KINDS[kind]
        given = self._checked(kind, body)
        missing = [name for name in spec.required if given.get(name) in (None, "")]
        if missing:
            raise Refusal(400, {name: ["This field is required."] for name in missing})
        blank = {
            name: _OTHERS.get((kind, name), _DEFAULTS.get(type_) if isinstance(type_, type) else None)
            for name, type_ in spec.fields.items()
        }
        item = copy.deepcopy({**blank, **given})
        self._judge(kind, item, given)
        twin = [
            other for other in self.objects[kind].values() if spec.unique and all(other.get(key) == item.get(key) for key in spec.unique)
        ]
        if twin:
            raise Refusal(400, {"__all__": [f"{kind} with this {', '.join(spec.unique)} already exists."]})
        item |= {"id": next(self._numbers), "type": _type(kind)}
        self.objects[kind][item["id"]] = item
        for role in spec.roles:
            self._roles[next(self._numbers)] = (kind, item["id"], role)
        return item

    def _change(self, kind: str, item: dict[str, Any], body: Mapping[str, Any]) -> None:
        given = self._checked(kind, body)
        changed = copy.deepcopy({**item, **given})
        self._judge(kind, changed, given)
        item.update(changed)

    def _checked(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of a request, each of its type; null for a text is an empty one, as AWX takes it."""
        spec = KINDS[kind]
        given = {}
        for name, value in body.items():
            type_ = spec.fields.get(name)
            if name == "type" and value == _type(kind):
                continue
            if type_ is None:
                raise Refusal(400, {name: [f"{kind} has no such field"]})
            if isinstance(type_, str):
                known = UNIFIED if type_ == "unified_job_templates" else (type_,)
                if value is not None and not any(value in self.objects[one] for one in known):
                    raise Refusal(400, {name: [f'Invalid pk "{value}" - object does not exist.']})
            elif value is None and type_ is str:
                value = _OTHERS.get((kind, name), "")
            elif not isinstance(value, type_) or isinstance(value, bool) and type_ is not bool:
                raise Refusal(400, {name: [f"{value!r} is not a {type_.__name__}"]})
            given[name] = value
        return given

    def _judge(self, kind: str, item: dict[str, Any], given: Mapping[str, Any]) -> None:
        """What AWX looks at beside types. ``item`` is as it would be, and is completed as AWX completes it."""
        if kind == "credential_types":
            _refuse(rules.credential_type_fault(item["kind"], item["inputs"], item["injectors"]), "inputs")
        elif kind == "credentials":
            old = self.objects["credentials"].get(item.get("id", 0), {"inputs": {}})["inputs"]
            item["inputs"] = {key: old.get(key) if value == ENCRYPTED else value for key, value in item["inputs"].items()}
            _refuse(rules.credential_fault(self.objects["credential_types"][item["credential_type"]]["inputs"], item["inputs"]), "inputs")
        elif kind == "notification_templates":
            if "notification_configuration" in given:
                item["notification_configuration"] = _configuration(item["notification_type"], given["notification_configuration"])
            _refuse(rules.messages_fault(item["messages"], item["notification_type"]), "messages")
        elif kind == "job_templates":
            if item["playbook"] not in self.playbooks:
                raise Refusal(400, {"playbook": [f"Playbook not found for project: {item['playbook']}"]})
            if item["job_type"] not in ("run", "check"):
                raise Refusal(400, {"job_type": [f'"{item["job_type"]}" is not a valid choice.']})
            if item["inventory"] is None:
                raise Refusal(400, {"inventory": ["Job Template must either have a default value or ask for it."]})
            # AWX takes the project's, and lets nobody set another.
            item["organization"] = self.objects["projects"][item["project"]]["organization"]
        elif kind == "schedules":
            _refuse(rules.rrule_fault(item["rrule"]), "rrule")
        elif kind == "inventory_sources":
            credential = self.objects["credentials"].get(item["credential"])
            kind_of = credential and self.objects["credential_types"][credential["credential_type"]]["kind"]
            for name, fault in rules.inventory_source_faults(item, kind_of):
                raise Refusal(400, {name: [fault]})
            item["organization"] = self.objects["inventories"][item["inventory"]]["organization"]

    def _shown(self, kind: str, item: Mapping[str, Any]) -> dict[str, Any]:
        """As the API shows it: secrets hidden, with links and roles."""
        shown = copy.deepcopy(dict(item))
        url = f"{_API}{kind}/{item['id']}/"
        shown |= {"url": url, "related": {name: f"{url}{name}/" for name in KINDS[kind].related}, "summary_fields": {}}
        if kind in ("job_templates", "workflow_job_templates"):
            shown["related"]["survey_spec"] = f"{url}survey_spec/"
        if kind == "projects":
            shown |= {"scm_revision": "", "status": "successful"}
        if kind == "credentials":
            secret = {
                one["id"] for one in self.objects["credential_types"][item["credential_type"]]["inputs"]["fields"] if one.get("secret")
            }
            shown["inputs"] = {key: ENCRYPTED if key in secret and value else value for key, value in shown["inputs"].items()}
        if kind == "notification_templates":
            configuration = shown["notification_configuration"]
            shown["notification_configuration"] = {
                key: ENCRYPTED if key in _SECRETS and value else value for key, value in configuration.items()
            }
        template = item.get("unified_job_template")
        if template is not None:
            found = next(one for one in UNIFIED if template in self.objects[one])
            shown["related"]["unified_job_template"] = f"{_API}{found}/{template}/"
        roles = {f"{role}_role": {"id": key} for key, (one, number, role) in self._roles.items() if (one, number) == (kind, item["id"])}
        return shown | {"summary_fields": {"object_roles": roles}}


def _type(kind: str) -> str:
    return "inventory" if kind == "inventories" else kind.removesuffix("s")


def _page(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(items), "next": None, "previous": None, "results": items}


def _refuse(fault: str | None, name: str) -> None:
    if fault:
        raise Refusal(400, {name: [fault] if name != "error" else fault})


def _configuration(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    known = _CONFIGURATIONS.get(kind)
    if known is None:
        raise Refusal(400, {"notification_type": [f'"{kind}" is not a valid choice.']})
    strange = set(given) - set(known)
    if strange:
        raise Refusal(400, {"notification_configuration": [f"no such fields: {sorted(strange)}"]})
    filled = {name: given.get(name, default) for name, (_type, default) in known.items()}
    wrong = [name for name, (type_, _default) in known.items() if not isinstance(filled[name], type_)]
    if wrong:
        raise Refusal(400, {"__all__": [f"Missing required fields for Notification Configuration, or of another type: {wrong}"]})
    return filled


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, awx: Awx) -> None:
        self.awx = awx
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Quiet: there is a log of our own."""

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, data = 401, {"detail": "Authentication credentials were not provided."}
        elif not re.fullmatch(rf"{_API}[a-z0-9_/]+/", parts.path):
            status, data = 404, {"detail": "The requested resource could not be found."}
        else:
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            status, data = self.server.awx.answer(self.command, parts.path, query, json.loads(body) if body else None)
        text = b"" if data is None else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-API-Product-Name", "AWX")
        self.send_header("X-API-Product-Version", VERSION)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 - the base class's names
