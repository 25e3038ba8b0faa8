# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of the modules as they come in check mode, made up: for the tests of drift reports, the bench and the picture in the docs."""

from __future__ import annotations

import datetime
import hashlib

from ansible_collections.secops.policy.plugins.plugin_utils._drift import report as reports
from ansible_collections.secops.policy.plugins.plugin_utils._drift.accepted import Accepted, parse
from ansible_collections.secops.policy.plugins.plugin_utils._drift.compare import compare
from ansible_collections.secops.policy.plugins.plugin_utils._drift.report import desired, report, unread

NOW = datetime.datetime(2026, 11, 25, 4, 30, tzinfo=datetime.timezone.utc)
SENTRY, APPLICATION, ESET = "meraki_sentry_assignments", "meraki_private_app", "eset_policy_assignment"
DRIFTED, IN_SYNC = (hashlib.sha256(word).hexdigest() for word in (b"something", b"nothing"))
ZERO = dict.fromkeys(("created", "updated", "moved", "deleted", "unchanged"), 0)


def planned(before=(), after=(), **summary):
    """What a module returns of a plan."""
    changed = bool(before or after)
    return {
        "changed": changed, "before": list(before), "after": list(after), "requests": [], "summary": {**ZERO, **summary},
        "plan_digest": DRIFTED if changed else IN_SYNC, "stats": {},
    }  # fmt: skip


def network(number, *policies, name=""):
    return {"network_id": f"N_{number}", **({"network": name} if name else {}), "policies": list(policies)}


def policy(own=None, scope="all", tags=(), group=("101", "Guest")):
    made = {"sm_network_id": "N_SM", "sm_network": "Corp SM", "scope": scope, "tags": list(tags)}
    made |= {"group_policy_id": group[0]} | ({"group_policy": group[1]} if group[1] else {})
    return {"policy_id": own, **made} if own else made


def application(name, own=None, ports="443", **more):
    destination = {"destination_addr": ["172.16.0.1/32"], "protocol_ports": [{"protocol": "TCP", "ports": ports}], "access_type": "browser"}
    made = {"name": name, "description": "", "destinations": [destination], "app_protocol": "https", "sni": ""}
    made |= {"ssl_verification_enabled": True, "application_group_ids": [], **more}
    return {"application_id": own, **made} if own else made


def stack(uuid, *policies, name=""):
    target = {"device_group_uuid": uuid, **({"device_group": name} if name else {})}
    return {"target": target, "policies": [{"policy_uuid": key, "policy": label} for key, label in policies]}


BASE, HARD, NIGHT, USB = (("p-1", "Baseline"), ("p-2", "Server hardening"), ("p-3", "Updates at night"), ("p-4", "USB control"))


def desired_state(*modules, state="replaced", **configs):
    """A ``secops_policy`` with a config that names what the samples have."""
    return {module: {"state": state, "config": configs.get(module, [])} for module in modules}


def tenant(name, desired_state_, results):
    """What the report says of a tenant with this ``secops_policy``."""
    return reports.tenant(name, desired(desired_state_), results)


def drifted(name):
    """A tenant with five differences of every kind in all three modules."""
    staff, guest = ("102", "Staff"), policy("14", "withoutAny", ["staff"])
    there = network(1, policy("11"), policy("12", "withAny", ["staff"], staff), policy("13", "none"), guest, name="Branch Berlin")
    wanted = network(
        1,
        guest,
        policy("11"),
        policy("12", "withAny", ["compliant", "staff"], staff),
        policy(None, "withAny", ["noncompliant"], ("103", "Quarantine")),
        name="Branch Berlin",
    )
    sentry = planned([there], [wanted], created=1, updated=1, moved=1, deleted=1, unchanged=9)
    applications = planned([application("Jira", "501")], [application("Jira", "501", "443,8443")], updated=1, unchanged=19)
    return tenant(
        name,
        desired_state(
            SENTRY, APPLICATION, **{SENTRY: [{"network": "Branch Berlin"}, *networks(19)], APPLICATION: [{"name": "Jira"}, *apps(19)]}
        ),
        {SENTRY: sentry, APPLICATION: applications},
    )


def in_sync(name):
    """A tenant in which nothing differs."""
    return tenant(
        name,
        desired_state(SENTRY, APPLICATION, ESET, **{SENTRY: networks(20), APPLICATION: apps(20), ESET: targets(20)}),
        {module: planned(unchanged=20) for module in (SENTRY, APPLICATION, ESET)},
    )


def unreadable(name):
    """A tenant whose key was refused for one module."""
    words = (
        "GET /organizations/2930418/sm/sentry/policies/assignments/byNetwork: 401 Invalid API key (X-Request-Id req-7). "
        "The API key was not accepted: check api_key (or MERAKI_DASHBOARD_API_KEY)"
    )
    return tenant(
        name,
        desired_state(SENTRY, ESET, **{ESET: targets(3)}),
        {SENTRY: {"failed": True, "msg": words, "requests": []}, ESET: planned(unchanged=9)},
    )


def reordered(name):
    """A tenant whose stack of ESET policies stands in another order, with a policy too many."""
    there = stack("g-1", BASE, HARD, NIGHT, USB, name="Servers")
    wanted = stack("g-1", HARD, BASE, NIGHT, name="Servers")
    return tenant(
        name,
        desired_state(ESET, **{ESET: [{"target": {"device_group": "Servers"}}, *targets(11)]}),
        {ESET: planned([there], [wanted], moved=1, deleted=1, unchanged=30)},
    )


def networks(count):
    return [{"network": f"Branch {number}"} for number in range(2, 2 + count)]


def apps(count):
    return [{"name": f"Application {number}"} for number in range(count)]


def targets(count):
    return [{"target": {"device": f"web-{number:02}"}} for number in range(count)]


def fleet(count):
    """A report of so many drifted tenants, five differences each."""
    return report([drifted(f"tenant-{number:03}") for number in range(count)], [], NOW)


def shown():
    """The report in the docs' picture: something of everything."""
    cities = ("amsterdam", "athens", "brussels", "dublin", "helsinki", "lisbon", "madrid", "oslo", "prague", "rome", "vienna", "zagreb")
    tenants = [in_sync(city) for city in cities]
    tenants += [drifted("berlin"), reordered("paris"), unreadable("warsaw"), unread("sofia", "the host was not reached")]
    return _compared(report(tenants, accepted(), NOW, collection_version="1.0.0"))


def _compared(made):
    earlier = report([in_sync("berlin"), reordered("paris"), drifted("vienna")], [], NOW - datetime.timedelta(days=1))
    return {**made, "comparison": compare(earlier, made)}


#: Entries of Meraki's change log, as a module's ``recent_changes`` has them.
CHANGES = [
    {
        "ts": "2026-11-24T17:03:12.417000Z", "admin": "Anna Meyer", "network_id": "N_1", "page": "via API",
        "label": "PUT /organizations/2930418/sm/sentry/policies/assignments", "certain": True,
    },
    {
        "ts": "2026-11-24T16:40:05.000000Z", "admin": "Jonas Weber", "network_id": "N_1", "page": "Network-wide > Group policies",
        "label": "Group policy", "certain": False,
    },
]  # fmt: skip


def explained(others=("paris", "zagreb")):
    """The report of ``shown`` in which ``others`` were not in the run, with who changed what in one that was."""
    tenants = {one["name"]: one for one in shown()["tenants"]}
    kept = [{**tenants.pop(name), "read_at": "2026-11-20T04:30:00Z"} for name in others]
    tenants["berlin"]["resources"][0]["recent_changes"] = CHANGES
    return _compared(report(tenants.values(), accepted(), NOW, collection_version="1.0.0", kept=kept))


def accepted() -> list[Accepted]:
    found, errors = parse(
        [
            {
                "what": "paris/eset_policy_assignment/g-1/p-4",
                "reason": "USB stays open until the scanners are replaced (CHG-1182)",
                "expires": "2027-01-31",
            },
            {"what": "berlin/meraki_private_app/*", "reason": "Port 8443 was to be closed by October", "expires": "2026-10-31"},
        ]
    )
    assert not errors
    return found
