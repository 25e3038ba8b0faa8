# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: what a run costs, each figure as a ratio from one run, against the stand-in.

Timings are medians of interleaved repetitions. A figure beyond its aim is marked, and makes the exit status 1 with ``--strict``.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from ansible_collections.secops.policy.tests.bench.audit import audit_fleet, drift_page
from ansible_collections.secops.policy.tests.cloud import Cloud

KEY = "bench-key"
ORGANIZATION = "1"
MODULES = Path(__file__).resolve().parents[2] / "plugins" / "modules"


class Report:
    """The figures, printed as they come."""

    def __init__(self) -> None:
        self.missed = 0

    def ratio(self, what: str, value: float, aim: float, detail: str, at_least: bool = False) -> None:
        """One figure beside its aim."""
        good = value >= aim if at_least else value <= aim
        self.missed += not good
        sign = "at least" if at_least else "at most"
        print(f"{'ok  ' if good else 'MISS'} {what}: {value:.2f} (aim: {sign} {aim:g})  [{detail}]", flush=True)

    def count(self, what: str, value: int, wanted: int) -> None:
        """One count that has to be exact."""
        self.missed += value != wanted
        print(f"{'ok  ' if value == wanted else 'MISS'} {what}: {value} (wanted: {wanted})", flush=True)


def main(arguments: list[str]) -> int:
    report = Report()
    chosen = [name for name in arguments if not name.startswith("-")]
    for name, bench in BENCHES.items():
        if not chosen or name in chosen:
            print(f"--- {name}", flush=True)
            bench(report)
    print(f"{report.missed} aims missed")
    return 1 if report.missed and "--strict" in arguments else 0


def sentry_task(report: Report) -> None:
    """An unchanged task beside one ``ansible.builtin.uri`` GET of the same list."""
    with Cloud() as cloud:
        _organization(cloud, networks=20, policies=3)
        cloud.limit(None)
        config = _sentry_config(cloud)
        ours = {
            "secops.policy.meraki_sentry_assignments": {
                "api_key": KEY, "base_url": cloud.meraki_url, "organization_id": ORGANIZATION, "state": "replaced", "config": config,
            }
        }  # fmt: skip
        path = f"/organizations/{ORGANIZATION}/sm/sentry/policies/assignments/byNetwork?perPage=1000"
        uri = {
            "ansible.builtin.uri": {
                "url": cloud.meraki_url + path, "return_content": True,
                "headers": {"Authorization": f"Bearer {KEY}", "User-Agent": "SecopsBench/1.0 SecopsCollection"},
            }
        }  # fmt: skip
        count = 10
        times: dict[str, list[float]] = {"none": [], "ours": [], "uri": []}
        for _round in range(3):
            times["none"].append(_play([{"ansible.builtin.meta": "noop"}]))
            times["ours"].append(_play([ours] * count))
            times["uri"].append(_play([uri] * count))
        empty = statistics.median(times["none"])
        own, other = ((statistics.median(times[key]) - empty) / count for key in ("ours", "uri"))
        report.ratio("an unchanged task / one uri GET", own / other, 1.0, f"{own * 1000:.0f} ms / {other * 1000:.0f} ms a task")


def sentry_fleet(report: Report) -> None:
    """10,000 networks unchanged, beside jsonschema alone on the same payload; growth; memory."""
    wall: dict[int, list[float]] = {5000: [], 10000: []}
    alone: list[float] = []
    peak = size = 0
    with tempfile.TemporaryDirectory() as folder, _fleet(5000) as half, _fleet(10000) as whole:
        files = {}
        for networks, cloud in ((5000, half), (10000, whole)):
            files[networks] = Path(folder) / f"{networks}.json"
            files[networks].write_text(json.dumps({"ANSIBLE_MODULE_ARGS": _fleet_arguments(cloud)}))
        size = files[10000].stat().st_size
        for _round in range(3):
            for networks in wall:
                seconds, memory, output = _process([sys.executable, str(MODULES / "meraki_sentry_assignments.py"), str(files[networks])])
                result = json.loads(output)
                if result.get("changed") is not False or result["stats"]["writes"]:
                    raise SystemExit(f"not an unchanged run: {output[:500]}")
                wall[networks].append(seconds)
                peak = max(peak, memory) if networks == 10000 else peak
            alone.append(_process([sys.executable, __file__, "--validate-alone", str(files[10000])])[0])
    full, half_time, bare = (statistics.median(times) for times in (wall[10000], wall[5000], alone))
    report.ratio("10,000 networks x 5 unchanged / jsonschema alone", full / bare, 3.0, f"{full:.1f} s / {bare:.1f} s")
    report.ratio("10,000 networks / 5,000 networks", full / half_time, 2.2, f"{full:.1f} s / {half_time:.1f} s")
    print(f"     peak memory of that run: {peak / 1e6:.0f} MB, {peak / size:.1f} x its payload of {size / 1e6:.1f} MB", flush=True)


def validate_alone(file: str) -> None:
    """What the fleet's run is held against: jsonschema on the same payload with the same schema, in a process of its own."""
    from ansible_collections.secops.policy.plugins.module_utils._sentry_config import SCHEMA
    from jsonschema import Draft202012Validator

    config = json.loads(Path(file).read_text())["ANSIBLE_MODULE_ARGS"]["config"]
    if list(Draft202012Validator({"type": "array", "items": SCHEMA}).iter_errors(config)):
        raise SystemExit("the payload is not valid")


class _fleet:  # noqa: N801 - used as a function
    """A stand-in with so many networks, in a process of its own so that it does not share the module's interpreter."""

    def __init__(self, networks: int) -> None:
        self.networks = networks

    def __enter__(self) -> str:
        self._process = subprocess.Popen([sys.executable, __file__, "--serve-fleet", str(self.networks)], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        return f"{self.networks} {self.url}"

    def __exit__(self, *_args: object) -> None:
        self._process.terminate()
        self._process.wait()


def serve_fleet(networks: int) -> None:
    """Run until terminated."""
    with Cloud() as cloud:
        _organization(cloud, networks=networks, policies=5)
        print(cloud.meraki_url, flush=True)
        while True:
            time.sleep(3600)


def _fleet_arguments(described: str) -> dict:
    networks, url = described.split()
    config = [
        {
            "network_id": f"N_{number}",
            "policies": [{"policy_id": str(1000 + number * 5 + place), **_policy(place, snake=True)} for place in range(5)],
        }
        for number in range(int(networks))
    ]
    for unit in config:
        for policy in unit["policies"]:
            del policy["policy_id"]
    return {"api_key": KEY, "base_url": url, "organization_id": ORGANIZATION, "state": "replaced", "config": config}


def _organization(cloud: Cloud, networks: int, policies: int) -> None:
    cloud.meraki.add_key(KEY)
    cloud.meraki.add_organization(ORGANIZATION, "Bench")
    cloud.meraki.add_network(ORGANIZATION, "N_SM", "Corp SM", product_types=["systemsManager"])
    for number in range(networks):
        cloud.meraki.add_network(ORGANIZATION, f"N_{number}", f"Branch {number}")
        for group in range(policies):
            cloud.meraki.add_group_policy(f"N_{number}", str(100 + group), f"Group {group}")
        cloud.meraki.add_sentry(f"N_{number}", [_policy(place) for place in range(policies)])


def _policy(place: int, snake: bool = False) -> dict:
    names = ("sm_network_id", "scope", "tags", "group_policy_id") if snake else ("smNetworkId", "scope", "tags", "groupPolicyId")
    return dict(zip(names, ("N_SM", "withAny", [f"tag{place}", "compliant"], str(100 + place))))


def _sentry_config(cloud: Cloud) -> list[dict]:
    return [
        {"network_id": key, "policies": [_policy(place, snake=True) for place in range(len(policies))]}
        for key, policies in cloud.meraki.sentry(ORGANIZATION).items()
        if policies
    ]


def _play(tasks: list[dict], **more: object) -> float:
    """Seconds that ``ansible-playbook`` takes for these tasks."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "bench.yml"
        play = {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_python_interpreter": sys.executable, **more}, "tasks": tasks}
        book.write_text(yaml.safe_dump([play], sort_keys=False))
        started = time.monotonic()
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(book)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.monotonic() - started
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    return seconds


def _process(command: list[str]) -> tuple[float, int, str]:
    """Seconds, peak memory in bytes and output of a process."""
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise SystemExit(text[-3000:])
    return seconds, usage.ru_maxrss * 1024, text


BENCHES = {"sentry_task": sentry_task, "sentry_fleet": sentry_fleet, "audit_fleet": audit_fleet, "drift_page": drift_page}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve-fleet"]:
        serve_fleet(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--validate-alone"]:
        validate_alone(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
