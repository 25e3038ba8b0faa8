# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: what a run costs, each figure as a ratio from one run, against the mock server.

Timings are medians of interleaved repetitions. A figure beyond its aim is marked, and makes the exit status 1 with ``--strict``.
Names of benches choose among them; whatever else the machine does shows in the times. All together take some four minutes, and ``fleet``
alone as many more: SECOPS_BENCH_TENANTS=100 tries it with less than its thousand.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import yaml
from ansible_collections.secops.policy.plugins.module_utils._vendors.meraki import Meraki
from ansible_collections.secops.policy.tests.bench.audit import audit_fleet, drift_page, fleet
from ansible_collections.secops.policy.tests.bench.memory import watched
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

KEY = "bench-key"
ORGANIZATION = "1"
MODULES = Path(__file__).resolve().parents[2] / "plugins" / "modules"
BUILD = Path(__file__).resolve().parents[2] / "build"
#: Where ``make bench`` puts cisco.meraki, and the SDK that it needs.
CISCO, SDK = BUILD / "bench", BUILD / "sdk" / "stable"
#: An unchanged task is run so often in a play.
TASKS = 15


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
    """An unchanged task beside the same one as a module process, and beside reads of the same list by cisco.meraki and by one
    ``ansible.builtin.uri``."""
    with Cloud() as cloud:
        _organization(cloud, networks=20, policies=3)
        cloud.limit(None)
        # cisco.meraki says who it is in a way of its own.
        cloud.meraki.strict_user_agent = False
        config = _sentry_config(cloud)
        ours = {
            "secops.policy.meraki_sentry_assignments": {
                "api_key": KEY, "base_url": cloud.meraki_url, "organization_id": ORGANIZATION, "state": "replaced", "config": config,
            }
        }  # fmt: skip
        plays = {"none": [{"ansible.builtin.meta": "noop"}]}
        plays |= {name: [task] * TASKS for name, task in _reads(cloud, ours).items()}
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in plays}
        for _round in range(3):
            for name, tasks in plays.items():
                took[name].append(_play(tasks))
    empty = [statistics.median(one[kind] for one in took["none"]) for kind in (0, 1)]
    seconds, cpu = (
        {name: (statistics.median(one[kind] for one in all_) - empty[kind]) / TASKS * 1000 for name, all_ in took.items()}
        for kind in (0, 1)
    )
    aims = {
        "module": ("the same as a module process", 0.2),
        "cisco": ("cisco.meraki's read of the list", 0.8),
        "uri": ("one uri GET", 0.15),
    }
    for other, (what, aim) in aims.items():
        if other not in cpu:
            print(f"SKIP {what}: {CISCO} is not there, because it could not be had", flush=True)
            continue
        detail = f"{cpu['ours']:.0f} ms / {cpu[other]:.0f} ms a task"
        report.ratio(f"processor time of an unchanged task / {what}", cpu["ours"] / cpu[other], aim, detail)
    detail = f"{seconds['ours']:.0f} ms / {seconds['uri']:.0f} ms a task"
    report.ratio("an unchanged task / one uri GET", seconds["ours"] / seconds["uri"], 1.0, detail)


def _reads(cloud: Cloud, ours: dict) -> dict[str, dict]:
    """Our task in both places, and tasks that read the same list in other ways."""
    path = f"/organizations/{ORGANIZATION}/sm/sentry/policies/assignments/byNetwork?perPage=1000"
    headers = {"Authorization": f"Bearer {KEY}", "User-Agent": "SecopsBench/1.0 SecopsCollection"}
    cisco = {
        "meraki_api_key": KEY, "meraki_base_url": cloud.meraki_url, "meraki_output_log": False, "meraki_print_console": False,
        "organizationId": ORGANIZATION, "perPage": 1000,
    }  # fmt: skip
    found = {
        "ours": ours,
        "module": {**ours, "vars": {"secops_policy_run_on": "host"}},
        "uri": {"ansible.builtin.uri": {"url": cloud.meraki_url + path, "return_content": True, "headers": headers}},
    }
    if (CISCO / "ready").is_file():
        found["cisco"] = {"cisco.meraki.organizations_sm_sentry_policies_assignments_by_network_info": cisco}
    return found


def forks(report: Report) -> None:
    """25 forks, each with a task that reads the policies of 10,000 networks: the memory of all."""
    with tempfile.TemporaryDirectory() as folder, _fleet(10000) as whole:
        _networks, url = whole.split()
        unit = {"network_id": "N_0", "policies": [_policy(place, snake=True) for place in range(5)]}
        task = {
            "secops.policy.meraki_sentry_assignments": {
                "api_key": KEY, "base_url": url, "organization_id": ORGANIZATION, "state": "replaced", "config": [unit],
            }
        }  # fmt: skip
        book, hosts = Path(folder) / "forks.yml", Path(folder) / "hosts"
        book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}], sort_keys=False))
        hosts.write_text("\n".join(f"tenant-{number}" for number in range(25)))
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(hosts), "--forks", "25", str(book)]
        print(f"     25 forks with 10,000 networks each: {watched(command, os.environ).memory}", flush=True)


def sentry_fleet(report: Report) -> None:
    """10,000 networks unchanged, beside jsonschema alone on the same payload; growth; memory."""
    wall: dict[int, list[float]] = {5000: [], 10000: []}
    alone: list[float] = []
    peak = size = 0
    reads = 0
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
                if networks == 10000:
                    peak, reads = max(peak, memory), result["stats"]["reads"]
            alone.append(_process([sys.executable, __file__, "--validate-alone", str(files[10000])])[0])
    full, half_time, bare = (statistics.median(times) for times in (wall[10000], wall[5000], alone))
    report.ratio("10,000 networks x 5 unchanged / jsonschema alone", full / bare, 3.0, f"{full:.1f} s / {bare:.1f} s")
    report.ratio("10,000 networks / 5,000 networks", full / half_time, 2.2, f"{full:.1f} s / {half_time:.1f} s")
    report.count("reads of 10,000 networks unchanged", reads, 10)
    print(f"     peak memory of that run: {peak / 1e6:.0f} MB, {peak / size:.1f} x its payload of {size / 1e6:.1f} MB", flush=True)


def eset_unchanged(report: Report) -> None:
    """200 targets with 10 policies each, all as wanted."""
    with Cloud() as cloud:
        config = _tenant(cloud, targets=200, policies=10)
        result = _eset(cloud, state="overridden", config=config)
        if result["changed"]:
            raise SystemExit("not an unchanged run")
        lists = [
            entry for entry in cloud.reads() if entry.path == "/v2/policy-assignments" and set(entry.query) <= {"pageSize", "pageToken"}
        ]
        report.count("200 targets x 10 policies unchanged, pages of the one list", len(lists), 2)
        report.count("other reads", len(cloud.reads()) - len(lists), 0)
        report.count("writes", len(cloud.writes()), 0)


def eset_order(report: Report) -> None:
    """One stack of 60 into other orders, the list in another order at each read."""
    with Cloud() as cloud:
        (unit,) = _tenant(cloud, targets=1, policies=60)
        target = unit["target"]["device_uuid"]
        draw = random.Random(4)
        there = unit["policies"]
        orders = {"one to the front": [there[30], *there[:30], *there[31:]], "turned round": there[::-1]}
        for number in range(1, 4):
            orders[f"shuffled {number}"] = draw.sample(there, 60)
        for name, policies in orders.items():
            cloud.clear_log()
            wanted = [policy["policy_uuid"] for policy in policies]
            least = 60 - _longest_run([cloud.eset.stack("deviceUuid", target).index(policy) for policy in wanted])
            _eset(cloud, state="replaced", config=[{"target": unit["target"], "policies": policies}])
            if cloud.eset.stack("deviceUuid", target) != wanted:
                raise SystemExit("the order is another one")
            report.count(f"a stack of 60, {name}: moves", len(cloud.writes()), least)


def eset_pace(report: Report) -> None:
    """100 single assignments against a server with 10/s and 150 ms for an answer."""
    with Cloud() as cloud:
        config = _tenant(cloud, targets=100, policies=0)
        cloud.eset.add_policy("New", uuid="new")
        cloud.limit(10)
        cloud.latency = 0.15
        _eset(cloud, rate_limit=10, config=[{**unit, "policies": [{"policy_uuid": "new"}]} for unit in config])
        arrived = [entry.at for entry in cloud.writes()]
        took = arrived[-1] - arrived[0] + cloud.latency
        # A second after each ten, but for the last.
        floor = (len(arrived) - 1) / 10
        report.ratio("100 single assignments / what the limit makes them take", took / floor, 1.15, f"{took:.1f} s / {floor:.1f} s")
        report.count("answers 429", sum(entry.status == 429 for entry in cloud.log), 0)


def _tenant(cloud: Cloud, targets: int, policies: int) -> list[dict]:
    """So many devices with as many policies each; their config."""
    cloud.limit(None)
    cloud.eset.add_token(KEY)
    names = [cloud.eset.add_policy(f"Policy {number}", uuid=f"policy-{number}") for number in range(policies)]
    config = []
    for number in range(targets):
        device = cloud.eset.add_device(f"Device {number}", uuid=f"device-{number}")
        for policy in names:
            cloud.eset.assign(policy, "deviceUuid", device)
        config.append({"target": {"device_uuid": device}, "policies": [{"policy_uuid": policy} for policy in names]})
    return config


def _eset(cloud: Cloud, **options: object) -> dict:
    """The result of the module, run in a process of its own."""
    given = {"access_token": KEY, "base_url": cloud.eset_url, "rate_limit": 1000, **options}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "arguments.json"
        file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": given}))
        _seconds, _memory, output = _process([sys.executable, str(MODULES / "eset_policy_assignment.py"), str(file)])
    return json.loads(output)


def _longest_run(places: list[int]) -> int:
    """The length of a longest increasing run, the slow and plain way."""
    best = [1] * len(places)
    for late in range(len(places)):
        best[late] += max((best[early] for early in range(late) if places[early] < places[late]), default=0)
    return max(best)


def application_pace(report: Report) -> None:
    """300 private applications from nothing, against a server that enforces its limit and takes its time."""
    _pace(report, "applications", "private_applications")


def resource_pace(report: Report) -> None:
    """As many private resources."""
    _pace(report, "resources", "private_resources")


def _pace(report: Report, what: str, api: str) -> None:
    with Cloud() as cloud:
        _organization(cloud, networks=0, policies=0)
        cloud.latency = 0.15
        cloud.meraki.private_resources = "on"
        given = {**_connection(cloud), "api": api, "config": [_application(number) for number in range(300)]}
        task = {"secops.policy.meraki_private_app": given}
        seconds, _cpu = _play([task])
        arrived = [entry.at for entry in cloud.log]
        # What no client can be faster than: so many requests, ten in any second, and the last answer.
        floor = (len(arrived) - 1) // 10 + cloud.latency
        took = arrived[-1] - arrived[0] + cloud.latency
        report.ratio(f"300 {what} / the limit's floor", took / floor, 1.1, f"{took:.1f} s / {floor:.1f} s; {seconds:.1f} s the whole play")
        report.count("answers 429", sum(entry.status == 429 for entry in cloud.log), 0)
        made = cloud.meraki.applications(ORGANIZATION) if what == "applications" else cloud.meraki.resources(ORGANIZATION)
        report.count(f"{what} made", len(made), 300)
        cloud.clear_log()
        _play([task])
        report.count("requests of the same task again", len(cloud.log), 1)


def clients(report: Report) -> None:
    """25 clients that know nothing of each other, each with 12 reads of one organization, which has ten requests a second for all."""
    with Cloud() as cloud:
        _organization(cloud, networks=0, policies=0)
        cloud.latency = 0.05
        options = {**_connection(cloud), "timeout": 60, "retry_timeout": 300, "rate_limit": 10, "validate_certs": True, "ca_path": None}

        def read() -> None:
            api = Meraki(options)
            for _number in range(12):
                api.client.get(api.path("/networks"), {"perPage": 1000})

        threads = [threading.Thread(target=read) for _client in range(25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = sum(entry.status == 200 for entry in cloud.log)
        report.count("reads of 25 clients", made, 300)
        floor = (made - 1) // 10 + cloud.latency
        took = cloud.log[-1].at - cloud.log[0].at + cloud.latency
        report.ratio("25 clients on one organization / the limit's floor", took / floor, 1.3, f"{took:.1f} s / {floor:.1f} s")
        refused = sum(entry.status == 429 for entry in cloud.log)
        report.ratio("of their answers 429", refused / len(cloud.log), 0.5, f"{refused} of {len(cloud.log)}")


def application_loop(report: Report) -> None:
    """100 applications by a loop of ``ansible.builtin.uri`` and by one task, at 50 ms an answer and without a limit of the server's."""
    with Cloud() as cloud:
        _organization(cloud, networks=0, policies=0)
        cloud.meraki.add_organization("2", "Bench too")
        cloud.limit(None)
        cloud.latency = 0.05
        empty, _cpu = _play([{"ansible.builtin.meta": "noop"}])
        loop = {
            "ansible.builtin.uri": {
                "url": f"{cloud.meraki_url}/organizations/2/secureConnect/privateApplications",
                "method": "POST", "status_code": 201, "body_format": "json", "body": "{{ item }}",
                "headers": {"Authorization": f"Bearer {KEY}", "User-Agent": "SecopsBench/1.0 SecopsCollection"},
            },
            "loop": [_application(number, snake=False) for number in range(100)],
        }  # fmt: skip
        config = [_application(number) for number in range(100)]
        by_loop, _cpu = _play([loop])
        by_task, _cpu = _play([{"secops.policy.meraki_private_app": {**_connection(cloud), "config": config, "rate_limit": 1000}}])
        for organization in (ORGANIZATION, "2"):
            report.count(f"applications made in organization {organization}", len(cloud.meraki.applications(organization)), 100)
        detail = f"{by_loop - empty:.1f} s / {by_task - empty:.1f} s"
        report.ratio("100 applications by a loop of uri / by one task", (by_loop - empty) / (by_task - empty), 20, detail, at_least=True)


def validate_alone(file: str) -> None:
    """What the fleet's run is held against: jsonschema on the same payload with the same schema, in a process of its own."""
    from ansible_collections.secops.policy.plugins.module_utils._resources.meraki_sentry_assignments.config import SCHEMA
    from jsonschema import Draft202012Validator

    config = json.loads(Path(file).read_text())["ANSIBLE_MODULE_ARGS"]["config"]
    if list(Draft202012Validator({"type": "array", "items": SCHEMA}).iter_errors(config)):
        raise SystemExit("the payload is not valid")


class _fleet:  # noqa: N801 - used as a function
    """A mock server with so many networks, in a process of its own so that it does not share the module's interpreter."""

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


def _connection(cloud: Cloud) -> dict:
    return {"api_key": KEY, "base_url": cloud.meraki_url, "organization_id": ORGANIZATION, "deprecation_warning": False}


def _application(number: int, snake: bool = True) -> dict:
    fields = ("destination_addr", "protocol_ports", "access_type") if snake else ("destinationAddr", "protocolPorts", "accessType")
    values = ([f"10.0.{number // 250}.{number % 250}"], [{"protocol": "TCP", "ports": "443,8443"}], "browser")
    return {"name": f"Application {number}", "destinations": [dict(zip(fields, values))]}


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


def _play(tasks: list[dict], **more: object) -> tuple[float, float]:
    """Seconds, and seconds of processor time, that ``ansible-playbook`` takes for these tasks."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "bench.yml"
        play = {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_python_interpreter": sys.executable, **more}, "tasks": tasks}
        book.write_text(yaml.safe_dump([play], sort_keys=False))
        started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(book)],
            env=_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _environment() -> dict[str, str]:
    """The bench's own, with what cisco.meraki needs: the same for every play, for what Ansible looks through takes time too."""
    paths = {"ANSIBLE_COLLECTIONS_PATH": CISCO, "PYTHONPATH": SDK}
    return {**os.environ, **{name: os.pathsep.join(filter(None, (os.environ.get(name), str(path)))) for name, path in paths.items()}}


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


BENCHES = {
    "sentry_task": sentry_task,
    "forks": forks,
    "sentry_fleet": sentry_fleet,
    "eset_unchanged": eset_unchanged,
    "eset_order": eset_order,
    "eset_pace": eset_pace,
    "application_pace": application_pace,
    "resource_pace": resource_pace,
    "clients": clients,
    "application_loop": application_loop,
    "audit_fleet": audit_fleet,
    "fleet": fleet,
    "drift_page": drift_page,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve-fleet"]:
        serve_fleet(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--validate-alone"]:
        validate_alone(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
