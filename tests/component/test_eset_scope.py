# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``scope`` of the ESET module in-process against the mock server: one customer of an MSP, and nobody else."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import impatient, run_module

TOKEN = "token-0123456789"
GROUP, DEVICE, SUBSCRIPTION = "deviceGroupUuid", "deviceUuid", "subscriptionUuid"
ACME, SERVERS, DYNAMIC, OTHER = "c1", "g1", "g2", "c2"
SCOPE = {"device_group_uuid": ACME}
#: Everything in the tenant that has an assignment, and whether it is Acme's.
TARGETS = {
    (GROUP, ACME): True, (GROUP, SERVERS): True, (GROUP, DYNAMIC): True, (DEVICE, "d1"): True, (DEVICE, "d2"): True,
    (GROUP, OTHER): False, (GROUP, "g3"): False, (GROUP, "msp"): False, (DEVICE, "d3"): False, (SUBSCRIPTION, "s1"): False,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture(params=["cloud", "on_prem"])
def cloud(request):
    """Two customers that have a group of the same name; a device of Acme's is in a dynamic group too."""
    with Cloud() as made:
        made.limit(None)
        eset = made.eset
        eset.deployment = request.param
        eset.add_token(TOKEN)
        eset.add_group("MSP", uuid="msp", entity="MSP")
        for uuid, name, parent, entity in (
            (ACME, "Acme", "msp", "COMPANY"), (SERVERS, "Servers", ACME, "UNSPECIFIED"), (OTHER, "Other", "msp", "COMPANY"),
            ("g3", "Servers", OTHER, "UNSPECIFIED"),
        ):  # fmt: skip
            eset.add_group(name, parent, uuid=uuid, entity=entity)
        eset.add_group("Windows", SERVERS, uuid=DYNAMIC, static=False)
        for uuid, name, group in (("d1", "web", SERVERS), ("d2", "db", ACME), ("d3", "web", "g3")):
            eset.add_device(name, group, uuid=uuid)
        eset.add_member(DYNAMIC, "d1")
        eset.add_subscription("s1")
        for uuid in "AB":
            eset.add_policy(f"Policy {uuid}", uuid=uuid)
        for target in TARGETS:
            eset.assign("A", *target)
        yield made


def run(cloud, check=False, **options):
    given = {"access_token": TOKEN, "base_url": cloud.eset_url, "deployment": cloud.eset.deployment, "rate_limit": 1000, "retry_timeout": 5}
    return run_module("eset_policy_assignment", {**given, "scope": SCOPE, **options}, check=check)


def good(result):
    assert not result.get("failed"), result["msg"]
    return result


def asked(cloud):
    return sorted(entry.path.rsplit("/", 1)[-1] for entry in cloud.reads())


def targets(units):
    return sorted(uuid for unit in units for key, uuid in unit["target"].items() if key.endswith("_uuid"))


def entry(policies="", **target):
    return {"target": target, "policies": [{"policy_uuid": policy} for policy in policies]}


def stacks(cloud):
    return {target: "".join(cloud.eset.stack(*target)) for target in TARGETS}


ITS_OWN = sorted(uuid for (_kind, uuid), own in TARGETS.items() if own)


@pytest.mark.parametrize("scope", [SCOPE, {"device_group": "Acme"}, {"device_group": "All/MSP/Acme", "device_group_uuid": ACME}])
def test_gathered_sees_the_group_and_everything_below_it(cloud, scope):
    result = good(run(cloud, scope=scope, state="gathered"))
    assert targets(result["gathered"]) == ITS_OWN
    assert result["place"]["scope"] == ACME
    assert asked(cloud) == ["device_groups", "devices", "policy-assignments"]
    # Fed back it changes nothing, inside the same scope.
    assert not good(run(cloud, scope=scope, state="overridden", config=result["gathered"]))["changed"]
    assert targets(good(run(cloud, scope=None, state="gathered"))["gathered"]) == sorted(uuid for _kind, uuid in TARGETS)


def test_overridden_removes_nothing_outside_of_it(cloud):
    result = good(run(cloud, state="overridden", config=[entry("B", device_group_uuid=SERVERS)]))
    assert result["summary"]["deleted"] == len(ITS_OWN)
    assert stacks(cloud) == {target: "A" if not own else "B" if target[1] == SERVERS else "" for target, own in TARGETS.items()}
    good(run(cloud, state="overridden", config=[], max_removals=1))
    assert stacks(cloud) == {target: "" if own else "A" for target, own in TARGETS.items()}


@pytest.mark.parametrize("state", ["merged", "replaced", "overridden", "deleted", "gathered"])
def test_a_target_outside_is_an_error_before_the_first_write(cloud, state):
    before = stacks(cloud)
    groups = [{"device_group_uuid": uuid} for uuid in (ACME, OTHER, "msp")]
    config = [entry("B", **target) for target in [*groups[:2], {"device_uuid": "d3"}, {"device_uuid": "nix"}, groups[2]]]
    result = run(cloud, state=state, config=config)
    assert [item["path"] for item in result["errors"]] == [
        "config[1].target.device_group_uuid", "config[2].target.device_uuid", "config[3].target.device_uuid",
        "config[4].target.device_group_uuid",
    ]  # fmt: skip
    assert "c2 is not in the scope, which is the device group c1 and everything below it" in result["msg"]
    assert stacks(cloud) == before
    # The one list that tells is asked for, and no device by itself.
    assert not any("d3" in entry.path or "nix" in entry.path for entry in cloud.reads())


def test_names_are_looked_up_inside(cloud):
    config = [{"target": {"device_group": "Servers"}, "policies": [{"policy": "Policy B"}]}, entry("B", device="web")]
    assert good(run(cloud, config=config))["changed"]
    now = stacks(cloud)
    assert now[GROUP, SERVERS] == now[DEVICE, "d1"] == "AB" and now[GROUP, "g3"] == now[DEVICE, "d3"] == "A"
    result = run(cloud, config=[entry("B", device_group="Other"), entry("B", device="nix")])
    assert [item["path"] for item in result["errors"]] == ["config[0].target.device_group", "config[1].target.device"]
    assert "device group 'Other' does not exist in the scope. Existing device groups: 'Acme', 'Servers', 'Windows'" in result["msg"]
    assert "device 'nix' does not exist in the scope. Existing devices: 'db', 'web'" in result["msg"]


def test_the_members_are_read_only_where_a_device_has_to_be_told(cloud):
    good(run(cloud, check=True, config=[entry("A", device_group_uuid=SERVERS)]))
    assert asked(cloud) == ["device_groups", "policy-assignments"]
    cloud.clear_log()
    good(run(cloud, check=True, config=[entry("A", device_uuid="d1")]))
    assert asked(cloud) == ["device_groups", "devices", "policy-assignments"]
    cloud.clear_log()
    result = good(run(cloud, config=[entry("B", device_uuid="d1")], verify=False))
    # What gets something new is known to be there: it is in the list of the scope's devices.
    assert asked(cloud) == ["device_groups", "devices", "policies", "policy-assignments"] and result["changed"]


@pytest.mark.parametrize(
    ("scope", "path", "words"),
    [
        ({}, "scope", "must name a device group"),
        ({"device_group": ""}, "scope", "must name a device group"),
        ({"device_group_uuid": "nix"}, "scope.device_group_uuid", "nix is not in the list of device groups"),
        ({"device_group": "acme"}, "scope.device_group", "differs in case only: 'Acme' (c1)"),
        ({"device_group": "Servers"}, "scope.device_group", "2 device groups"),
        ({"device_group": "Other", "device_group_uuid": ACME}, "scope.device_group", "'Other' is c2, but device_group_uuid says c1"),
    ],
)
def test_a_scope_that_fits_nothing_is_an_error(cloud, scope, path, words):
    for options in ({"state": "gathered"}, {"state": "overridden", "config": [], "max_removals": 99}):
        result = run(cloud, scope=scope, **options)
        assert [item["path"] for item in result["errors"]] == [path] and words in result["msg"]
    assert stacks(cloud) == dict.fromkeys(TARGETS, "A")


def test_subscriptions_are_outside_of_every_scope(cloud):
    result = run(cloud, config=[entry("B", subscription_uuid="s1"), entry("B", device_group_uuid=ACME)])
    assert [item["path"] for item in result["errors"]] == ["config[0].target.subscription_uuid"] and not cloud.log


def test_a_digest_is_of_one_scope(cloud):
    config = [entry("B", device_group_uuid=SERVERS)]
    plans = [
        good(run(cloud, check=True, scope=scope, config=config))
        for scope in (SCOPE, {"device_group": "Acme"}, {"device_group_uuid": SERVERS}, None)
    ]
    digests = [plan["plan_digest"] for plan in plans]
    assert digests[0] == digests[1] and len(set(digests)) == 3
    refused = run(cloud, scope=None, config=config, expected_plan=digests[0])
    assert refused["failed"] and stacks(cloud)[GROUP, SERVERS] == "A"
    assert good(run(cloud, config=config, expected_plan=digests[0]))["changed"]


@pytest.mark.parametrize("with_names", [False, True])
def test_names_of_others_are_not_shown(cloud, with_names):
    result = good(run(cloud, state="gathered", with_names=with_names))
    assert "Other" not in str(result["gathered"]) and ("Acme" in str(result["gathered"]))
    changed = good(run(cloud, check=True, with_names=with_names, config=[entry("B", device_uuid="d2")]))
    assert changed["before"][0]["target"] == {"device_uuid": "d2", "device": "db"}


@pytest.mark.parametrize("fault", [("status", {"status": 500}), ("reset_before", {}), ("cut_body", {})])
def test_faults_of_the_lists_change_nothing_outside(cloud, fault):
    kind, how = fault
    for path in ("device_groups$", "/devices"):
        cloud.faults.add(kind, method="GET", path=path, **how)
    good(run(cloud, state="overridden", config=[], max_removals=99))
    assert stacks(cloud) == {target: "" if own else "A" for target, own in TARGETS.items()}
