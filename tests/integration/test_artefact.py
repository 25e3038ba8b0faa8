# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball that users install: what it holds, that it works, and what an execution environment learns from it."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.secops.policy.tests.mock_cloud import demo

from .harness import ROOT

pytestmark = pytest.mark.slow

BIN = Path(sys.executable).parent
#: All that a collection may need where it is installed.
NEEDED = ("meta", "plugins", "roles", "playbooks")
#: What else users find in it. Anything that this list does not name does not belong there.
BESIDE = (
    "FILES.json", "MANIFEST.json",
    "LICENSE", "LICENSES/GPL-3.0-or-later.txt", "REUSE.toml",
    "README.md", "CHANGELOG.md", "CHANGELOG.rst", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md",
    "bindep.txt", "requirements.txt",
    "changelogs/changelog.yaml", "changelogs/config.yaml", "changelogs/fragments/*.yml",
    "docs/*.md", "docs/docsite/*", "docs/drift.schema.json", "docs/desired_state.schema.json",
    "extensions/audit/event_query.yml", "extensions/eda/rulebooks/*.yml",
    "tests/config.yml",
)  # fmt: skip
#: Bytes, packed. It is installed into every execution environment.
LARGEST = 1_000_000


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    """Built from the checkout as it lies there, with environments and caches in it."""
    folder = tmp_path_factory.mktemp("artefact")
    run("ansible-galaxy", "collection", "build", "--output-path", folder, ROOT)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture
def installed(artefact, tmp_path):
    """The folder of collections that it was installed into."""
    run("ansible-galaxy", "collection", "install", "--offline", "--collections-path", tmp_path / "collections", artefact)
    return tmp_path / "collections"


@pytest.mark.once
def test_it_holds_what_belongs_in_it_and_nothing_else(artefact):
    with tarfile.open(artefact) as tar:
        names = {member.name for member in tar if not member.isdir()}
        assert not [member.name for member in tar if not (member.isdir() or member.isreg())]
    strange = {name for name in names if name.partition("/")[0] not in NEEDED and not any(fnmatch.fnmatch(name, known) for known in BESIDE)}
    assert not strange
    known = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *NEEDED]
    listed = subprocess.run(known, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    assert {name for name in names if name.partition("/")[0] in NEEDED} == {name for name in listed if (ROOT / name).is_file()}
    assert artefact.stat().st_size < LARGEST


@pytest.mark.once
def test_what_the_playbooks_leave_in_a_checkout_goes_nowhere():
    """Snapshots, exports and reports of somebody's tenants: neither into the tarball nor into a commit."""
    left = []
    for file in sorted((ROOT / "roles").glob("*/defaults/main.yml")):
        defaults = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        left += [value for name, value in defaults.items() if name.endswith("_dir") and value and "{{" not in value]
    assert sorted(left) == ["drift-report", "exports", "snapshots"]
    assert set(left) <= set(yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["build_ignore"])
    assert {f"/{name}/" for name in left} <= set((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())


def test_it_works_with_only_what_a_collection_needs(installed, cloud, play, tmp_path):
    root = installed / "ansible_collections" / "secops" / "policy"
    for path in root.iterdir():
        if path.name not in NEEDED:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    demo.seed_demo(cloud)
    destination = {"destination_addr": ["10.0.0.1"], "protocol_ports": [{"protocol": "TCP", "ports": 443}], "access_type": "browser"}
    rendered = {
        "meraki_sentry_assignments": {"network_id": "N_1", "policies": []},
        "meraki_private_app": {"name": "Desk", "destinations": [destination]},
        "eset_policy_assignment": {"target": {"device": "web-01"}, "policies": [{"policy": "Baseline"}]},
    }
    tasks = [{f"secops.policy.{module}": {"state": "rendered", "config": [entry]}} for module, entry in rendered.items()]
    tasks += [{f"secops.policy.{module}": {"state": "gathered"}} for module in rendered]
    connection = {
        "group/secops.policy.meraki": {"api_key": demo.API_KEY, "base_url": cloud.meraki_url, "organization_id": demo.ORGANIZATION},
        "group/secops.policy.eset": {"username": demo.ESET_USER, "password": demo.ESET_PASSWORD, "base_url": cloud.eset_url},
    }
    there = {"ANSIBLE_COLLECTIONS_PATH": str(installed), "PYTHONPATH": ""}
    done = play(tasks, module_defaults=connection, env=there).ok()
    assert [bool(item["result"].get("rendered") or item["result"].get("gathered")) for item in done.results] == [True] * 6
    # Its page is a template that lies beside the plugins.
    desired_state = {"meraki_private_app": {"config": [{"name": "Jira", "destinations": [destination]}], "deprecation_warning": False}}
    tasks = [
        {"ansible.builtin.set_fact": {"secops_policy": desired_state}},
        {"ansible.builtin.include_role": {"name": "secops.policy.audit"}},
    ]
    report = tmp_path / "report"
    play(tasks, module_defaults=connection, env=there, vars={"audit_report_dir": str(report)}).ok()
    assert sorted(file.name for file in report.iterdir()) == ["drift.html", "drift.json", "drift.md", "drift.xml"]
    for playbook in sorted((root / "playbooks").glob("*.yml")):
        run("ansible-playbook", "--syntax-check", f"secops.policy.{playbook.stem}", env=there, cwd=tmp_path)


@pytest.mark.once
def test_an_execution_environment_gets_what_the_modules_import(installed, artefact, tmp_path):
    found = yaml.safe_load(run("ansible-builder", "introspect", installed))
    # Lower bounds only, and never ansible-core itself.
    assert [re.sub(r">=\d[\d.]*  # .*", "", line) for line in found["python"]] == ["jsonschema", "requests"]
    assert [line.split()[0] for line in found["system"]] == ["ca-certificates"]
    shutil.copy(artefact, tmp_path)
    definition = {
        "version": 3,
        "images": {"base_image": {"name": "registry.example/base:latest"}},
        "dependencies": {"galaxy": {"collections": [{"name": artefact.name, "type": "file"}]}},
    }
    (tmp_path / "execution-environment.yml").write_text(yaml.safe_dump(definition), encoding="utf-8")
    run("ansible-builder", "create", "--file", "execution-environment.yml", "--context", "context", cwd=tmp_path)
    assert artefact.name in (tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8")


def run(program, *arguments, env=None, cwd=None):
    """What a program of this environment prints; AssertionError, with its output, where it fails."""
    foreign = ("ANSIBLE_", "_ANSIBLE_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    kept |= {"ANSIBLE_CONFIG": str(ROOT / "tests" / "ansible.cfg"), "ANSIBLE_HOME": str(ROOT / ".cache" / "ansible"), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [str(BIN / program), *map(str, arguments)],
        cwd=cwd, env=kept | (env or {}), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{program} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "DEPRECATION" not in done.stderr, done.stderr
    return done.stdout
