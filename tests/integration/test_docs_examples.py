# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the guides and of the README works as it stands, and what they say of before and after is what the mock server holds."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import Cloud, demo

from . import harness, pages

# What the pages show of Ansible's own output is that of one version.
pytestmark = [pytest.mark.once, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "docsite" / "rst").rglob("*.rst"),
        *(ROOT / "roles").glob("*/README.md"),
    ]
)
#: How many blocks of a page say that they are not run. Each gives its reason; one more is a decision and no accident.
NOT_RUN = {
    "docs/docsite/rst/audit_on_change.rst": 1,
    "docs/docsite/rst/awx.rst": 2,
    "docs/docsite/rst/pipelines.rst": 3,
    "docs/docsite/rst/brownfield.rst": 1,
    "docs/docsite/rst/security.rst": 1,
    "roles/audit/README.md": 2,
    "roles/awx/README.md": 2,
    "roles/export/README.md": 1,
    "roles/restore/README.md": 1,
}
#: What the examples take from a vault.
VAULT = {"vault_meraki_key": demo.API_KEY, "vault_eset_password": demo.ESET_PASSWORD}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_examples_of_a_page(page, tmp_path):
    found = problems(pages.read(page, ROOT), tmp_path)
    assert not found, "\n".join(found)


def test_blocks_that_are_not_run_are_counted():
    counts = {}
    for page in PAGES:
        count = sum(len(scenario.of("not run")) for scenario in pages.read(page, ROOT))
        if count:
            counts[str(page.relative_to(ROOT))] = count
    assert counts == NOT_RUN


WRONG = """
.. example: before

.. code-block:: yaml

   - network: Branch Berlin
     policies: []

.. code-block:: yaml

   - name: A policy that is not there
     secops.policy.meraki_sentry_assignments:
       config:
         - network: Branch Berlin
           policies: [{sm_network: Corp SM, scope: all, group_policy: No such policy}]

.. example: start

.. code-block:: yaml

   - name: Clear two branches
     secops.policy.meraki_sentry_assignments:
       state: deleted
       config: [{network: Branch Berlin}, {network: Branch Munich}]

.. example: returned

.. code-block:: yaml

   changed: false

.. example: after

.. code-block:: yaml

   - network: Branch Berlin
     policies: []

.. example: start

.. example: fails

.. code-block:: yaml

   - name: This works
     secops.policy.eset_policy_assignment:
       state: gathered

.. example: start

.. code-block:: yaml
   :caption: site.yml

   - name: Nothing at all
     hosts: localhost
     gather_facts: false
     tasks:
       - name: Say so
         ansible.builtin.debug:
           msg: nothing

.. code-block:: console

   $ ansible-playbook site.yml
   something else

.. example: start

.. code-block:: yaml
   :caption: unused.yml

   a: 1
"""


def test_a_wrong_example_is_noticed(tmp_path):
    found = problems(pages.scenarios("wrong.rst", WRONG), tmp_path)
    assert [re.sub(r"^wrong\.rst:\d+: ", "", problem)[:40] for problem in found] == [
        "before says that Branch Berlin has []; i",
        "'A policy that is not there' failed: Not",
        "the result's changed is not False but Tr",
        "Branch Munich changed too: it has [] now",
        "the last task was to fail, and did not",
        "site.yml: not printed: 'something else'",
        "unused.yml is never used",
    ]


@pytest.mark.parametrize(
    "text",
    [
        ".. example: afterwards\n\n.. code-block:: yaml\n\n   - name: x\n",
        ".. example: before\n\nWords.\n\n.. code-block:: yaml\n\n   - name: x\n",
        ".. code-block:: yaml\n\n   some: settings\n",
        ".. code-block:: yaml\n\n   - hosts: all\n     name: A playbook without a caption\n",
        ".. code-block:: yml\n\n   - name: x\n",
        ".. example: not run\n\n.. code-block:: yaml\n\n   - name: x\n",
        "As follows::\n\n   - name: x\n",
        "Words.\n.. example: fails\n\n.. code-block:: yaml\n\n   - name: x\n",
        "Words.\n.. code-block:: yaml\n\n   - name: x\n",
    ],
)
def test_a_page_that_hides_an_example_is_refused(text):
    with pytest.raises(pages.BadPage):
        pages.scenarios("page.rst", text)


def test_both_kinds_of_page_are_read_alike():
    rst = ".. example: fails\n\n.. code-block:: yaml\n\n   - name: x\n\nMore words.\n"
    markdown = "Words.\n\n<!-- example: fails -->\n```yaml\n- name: x\n```\n\nMore words.\n"
    blocks = [pages.scenarios(page, text)[0].blocks[0] for page, text in (("a.rst", rst), ("a.md", markdown))]
    assert [(block.kind, block.text) for block in blocks] == [("fails", "- name: x\n")] * 2


# Running a page.


@dataclass
class _Run:
    """A scenario with its mock server; ``start`` is what it held."""

    scenario: pages.Scenario
    cloud: Cloud
    start: dict[str, dict[str, Any]]
    found: list[str] = field(default_factory=list)

    def says(self, block: pages.Block, problem: str) -> None:
        self.found.append(f"{block.place}: {problem}")


def problems(found: list[pages.Scenario], folder: Path) -> list[str]:
    """What is wrong with the examples of a page, in its order. All of its tasks run in one playbook, a play for each scenario."""
    with contextlib.ExitStack() as stack:
        runs = []
        for scenario in found:
            cloud = stack.enter_context(Cloud())
            demo.seed_demo(cloud)
            runs.append(_Run(scenario, cloud, _units(cloud)))
            for name, value in scenario.switches.items():
                assert isinstance(getattr(cloud.meraki, name), type(value)), name
                setattr(cloud.meraki, name, value)
            for fault in scenario.faults:
                cloud.faults.add(**fault)
            for block in scenario.of("before"):
                _compare_before(runs[-1], block)
        _tasks(runs, folder)
        for number, run in enumerate(runs):
            _project(run, folder / f"project{number}")
            run.found += [f"{run.scenario.blocks[0].place}: the fault {fault.kind} never came" for fault in run.cloud.faults.left]
    return [problem for run in runs for problem in run.found]


def _tasks(runs: list[_Run], folder: Path) -> None:
    plays = []
    for number, run in enumerate(runs):
        tasks: list[dict[str, Any]] = []
        for place, block in enumerate(run.scenario.blocks):
            if block.kind in ("tasks", "fails"):
                tasks += [{**task, "name": f"{number}.{place} {task['name']}", "ignore_errors": True} for task in block.data]
        if tasks:
            plays.append(
                {
                    "name": f"Scenario {number}", "hosts": "localhost", "gather_facts": False, "vars": VAULT,
                    "environment": _credentials(run.cloud), "tasks": tasks,
                }
            )  # fmt: skip
    if not plays:
        return
    playbook = folder / "examples.yml"
    playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    done = harness.run_playbook(playbook, folder=folder).ok()
    results: dict[str, list[dict[str, Any]]] = {}
    for item in done.results:
        results.setdefault(item["name"].split(" ", 1)[0], []).append(item)
    for number, run in enumerate(runs):
        last: dict[str, Any] = {}
        for place, block in enumerate(run.scenario.blocks):
            if block.kind in ("tasks", "fails"):
                last = _judge(run, block, results.get(f"{number}.{place}", []))
            elif block.kind == "returned":
                for key, value in block.data.items():
                    found = last.get(key)
                    if key == "errors":  # Where a page is run from is not for it to show.
                        found = [{name: part for name, part in one.items() if name not in ("file", "line")} for one in found or []]
                    if found != value:
                        run.says(block, f"the result's {key} is not {value!r} but {found!r}")


def _judge(run: _Run, block: pages.Block, results: list[dict[str, Any]]) -> dict[str, Any]:
    """The result of the block's last task."""
    assert len(results) == len(block.data), f"{block.place}: not every task has a result"
    for item in results[:-1] if block.kind == "fails" else results:
        if item["failed"]:
            run.says(block, f"{item['name'].split(' ', 1)[1]!r} failed: {item['result'].get('msg')}")
    if block.kind == "fails" and not results[-1]["failed"]:
        run.says(block, "the last task was to fail, and did not")
    return results[-1]["result"]


def _project(run: _Run, folder: Path) -> None:
    """Write the files of a scenario, run its commands and look at what they led to, in the page's order.

    A later file of the same name replaces the earlier one.
    """
    folder.mkdir()
    unused: dict[str, pages.Block] = {}
    for block in run.scenario.of("file", "console", "after"):
        if block.kind == "after":
            _compare_after(run, block)
            continue
        if block.kind == "file":
            unused[block.words] = block
            path = folder / block.words
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            continue
        for arguments, shown in _commands(block.text):
            # What is in a folder Ansible finds by itself; anything else has to be named.
            unused = {name: file for name, file in unused.items() if "/" not in name and name not in " ".join(arguments)}
            done = harness.run_command(["ansible-playbook", *arguments, "-e", json.dumps(VAULT)], folder, _credentials(run.cloud))
            if (done.returncode != 0) != (block.words == "fails") or "[DEPRECATION WARNING]" in done.stdout + done.stderr:
                run.says(block, f"{' '.join(arguments)}: ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
            _compare_output(run, block, arguments, shown, done.stdout + done.stderr)
    for name, block in unused.items():
        run.says(block, f"{name} is never used")


def _commands(text: str) -> list[tuple[list[str], list[str]]]:
    """The arguments of each ``ansible-playbook`` in a console block, and the lines that it is to print."""
    found: list[tuple[list[str], list[str]]] = []
    lines = iter(text.replace("\\\n", " ").splitlines())
    shown: list[str] = []
    for line in lines:
        if line.startswith("$ "):
            shown = []
            program, *arguments = shlex.split(line[2:], comments=True)
            if program == "ansible-playbook":
                found.append((arguments, shown))
        elif line.strip() not in ("", "..."):
            shown.append(line.strip())
    return found


def _compare_output(run: _Run, block: pages.Block, arguments: list[str], shown: list[str], output: str) -> None:
    lines = iter([_even(line) for line in output.splitlines()])
    for wanted in shown:
        if not any(line.startswith(_even(wanted)) for line in lines):
            run.says(block, f"{arguments[-1]}: not printed: {wanted!r}")
            return


def _even(line: str) -> str:
    """A line without what varies: columns, the asterisks that fill a heading, what follows dots."""
    return re.sub(r" +", " ", line.strip()).removesuffix("...").rstrip("* ")


def _credentials(cloud: Cloud) -> dict[str, str]:
    """As a user gives them, in the environment."""
    return {
        "MERAKI_DASHBOARD_API_KEY": demo.API_KEY,
        "MERAKI_DASHBOARD_BASE_URL": cloud.meraki_url,
        "MERAKI_ORGANIZATION_ID": demo.ORGANIZATION,
        "ESET_USERNAME": demo.ESET_USER,
        "ESET_PASSWORD": demo.ESET_PASSWORD,
        "ESET_BASE_URL": cloud.eset_url,
    }


# What the mock server holds, in the words of the examples.


def _compare_before(run: _Run, block: pages.Block) -> None:
    for unit in block.data:
        module, key, value = _unit(unit)
        held = run.start[module].get(key)
        if held != value:
            run.says(block, f"before says that {key} has {value}; it has {held}")


def _compare_after(run: _Run, block: pages.Block) -> None:
    rest = run.scenario.blocks[run.scenario.blocks.index(block) :]
    assert not any(one.kind in ("tasks", "fails") for one in rest), f"{block.place}: it is looked at when all tasks have run"
    listed: dict[str, dict[str, Any]] = {}
    for unit in block.data:
        module, key, value = _unit(unit)
        listed.setdefault(module, {})[key] = value
    if block.words.startswith("without "):
        listed.setdefault("application", {})[block.words.removeprefix("without ")] = None
    now = _units(run.cloud)
    for module, units in now.items():
        if block.words == "all" and module in listed:
            wanted = listed[module]
            units = {key: value for key, value in units.items() if value or key in wanted}
        else:
            wanted = {**run.start[module], **listed.get(module, {})}
        for key in sorted({*wanted, *units}):
            if units.get(key) == wanted.get(key):
                continue
            if key in listed.get(module, {}):
                run.says(block, f"after says that {key} has {wanted[key]}; it has {units.get(key)}")
            else:
                run.says(block, f"{key} changed too: it has {units.get(key)} now")


def _unit(unit: dict[str, Any]) -> tuple[str, str, Any]:
    """Module, name and value of a unit in an example."""
    if "network" in unit:
        assert set(unit) == {"network", "policies"}, unit
        return "sentry", unit["network"], [{**policy, "tags": sorted(policy.get("tags", []))} for policy in unit["policies"]]
    if "target" in unit:
        assert set(unit) == {"target", "policies"} and len(unit["target"]) == 1, unit
        [(kind, name)] = unit["target"].items()
        return "eset", f"{kind} {name}", [policy["policy"] for policy in unit["policies"]]
    defaults = {"description": "", "app_protocol": "", "sni": "", "ssl_verification_enabled": True, "application_groups": []}
    assert {"name", "destinations"} <= set(unit), unit
    return "application", unit["name"], {**defaults, **unit}


def _units(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Everything that the mock server holds, by module and unit, as ``_unit`` has it."""
    return {"sentry": _sentry(cloud.meraki.state()), "application": _applications(cloud.meraki.state()), "eset": _eset(cloud.eset.state())}


def _sentry(state: dict[str, Any]) -> dict[str, Any]:
    names = {key: network["name"] for key, network in state["networks"].items()}
    held = state["sentry"][demo.ORGANIZATION]
    return {
        name: [
            {
                "sm_network": names[policy["smNetworkId"]],
                "scope": policy["scope"],
                "tags": sorted(policy["tags"]),
                "group_policy": state["groupPolicies"][key][policy["groupPolicyId"]]["name"],
            }
            for policy in held.get(key, [])
        ]
        for key, name in names.items()
        if state["networks"][key]["organizationId"] == demo.ORGANIZATION
    }


def _applications(state: dict[str, Any]) -> dict[str, Any]:
    groups = state["applicationGroups"][demo.ORGANIZATION].values()
    return {
        item["name"]: {
            "name": item["name"],
            "description": item["description"],
            "destinations": [
                {"destination_addr": one["destinationAddr"], "protocol_ports": one["protocolPorts"], "access_type": one["accessType"]}
                for one in item["destinations"]
            ],
            "app_protocol": item["appProtocol"],
            "sni": item["sni"],
            "ssl_verification_enabled": item["sslVerificationEnabled"],
            "application_groups": [group["name"] for group in groups if key in group["applicationIds"]],
        }
        for key, item in state["applications"][demo.ORGANIZATION].items()
    }


def _eset(state: dict[str, Any]) -> dict[str, Any]:
    names = {group["uuid"]: f"device_group {group['displayName']}" for group in state["deviceGroups"]}
    names |= {device["uuid"]: f"device {device['displayName']}" for device in state["devices"]}
    names |= {uuid: f"subscription_uuid {uuid}" for uuid in state["subscriptions"]}
    policies = {policy["uuid"]: policy["displayName"] for policy in state["policies"]}
    held: dict[str, list[str]] = {name: [] for name in names.values()}
    for assignment in state["assignments"]:
        [uuid] = assignment["target"].values()
        held[names[uuid]].append(policies[assignment["policyUuid"]])
    return held
