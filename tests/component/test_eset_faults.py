# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ESET module in-process against the mock server: every fault at every step, pending answers, reads that lag, others who write too."""

from __future__ import annotations

import itertools
import json
import random
import re
import time
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.mask import STARS, Mask
from ansible_collections.secops.policy.tests.mock_cloud import Cloud

from .harness import FAULTS, impatient, run_module

TOKEN = "token-0123456789"
GROUP, DEVICE, SUBSCRIPTION = ("deviceGroupUuid", "g1"), ("deviceUuid", "d1"), ("subscriptionUuid", "s1")
TARGETS = (GROUP, DEVICE, SUBSCRIPTION)
KEYS = {"deviceGroupUuid": "device_group_uuid", "deviceUuid": "device_uuid", "subscriptionUuid": "subscription_uuid"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    impatient(monkeypatch)


@pytest.fixture
def cloud():
    """Three targets: of the policies A to F, ``WANTED`` assigns, moves and removes some."""
    with Cloud() as made:
        made.limit(None)
        eset = made.eset
        eset.add_token(TOKEN)
        eset.add_group("Servers", uuid="g1")
        eset.add_device("web", uuid="d1")
        eset.add_subscription("s1")
        for name in "ABCDEF":
            eset.add_policy(f"Policy {name}", uuid=name)
        for target, stack in ((GROUP, "ABCD"), (DEVICE, "EBA"), (SUBSCRIPTION, "CD")):
            for policy in stack:
                eset.assign(policy, *target)
        yield made


def unit(target, policies=None):
    made = {"target": {KEYS[target[0]]: target[1]}}
    return made if policies is None else {**made, "policies": [{"policy_uuid": policy} for policy in policies]}


#: Two assignments, three moves (D to the front, A before B, and F, which is new, into the middle), four removals.
WANTED = [unit(GROUP, "DAFC"), unit(DEVICE, "ABC")]
END = {GROUP: "DAFC", DEVICE: "ABC", SUBSCRIPTION: ""}
SHARED = {GROUP: "ACD", DEVICE: "AB", SUBSCRIPTION: ""}


def ids(units):
    """Units without the names that stand beside ids where they were read."""
    return [
        {"target": {key: value for key, value in item["target"].items() if key.endswith("_uuid")}}
        | {"policies": [{"policy_uuid": policy["policy_uuid"]} for policy in item["policies"]]}
        for item in units
    ]


def run(cloud, check=False, **options):
    given = {"access_token": TOKEN, "base_url": cloud.eset_url, "rate_limit": 1000, "retry_timeout": 20, **options}
    return run_module("eset_policy_assignment", given, check=check)


def stacks(cloud):
    return {target: "".join(cloud.eset.stack(*target)) for target in TARGETS}


def ranking(number):
    return ("POST", ":updateRanking", number)


@pytest.fixture
def watched(cloud):
    """What must never be at any moment: a policy twice on a target, or a target without what it had and is to keep."""
    original, seen = cloud.eset.handle, []

    def handle(request):
        answer = original(request)
        now = stacks(cloud)
        seen.extend(now for target in TARGETS if len(set(now[target])) < len(now[target]) or not set(SHARED[target]) <= set(now[target]))
        return answer

    cloud.eset.handle = handle
    yield cloud
    assert not seen, "a duplicate, or a target was stripped"


def until_done(cloud, runs=4, **options):
    """Runs until one does not fail; each that does says what it did and what not."""
    for _run in range(runs):
        was = stacks(cloud)
        result = run(cloud, **options)
        if not result.get("failed"):
            return result
        assert result["msg"] and "Traceback" not in result["msg"] and "internal error" not in result["msg"]
        assert result["changed"] or stacks(cloud) == was, "a failed run that says that it changed nothing did not"
    raise AssertionError(result["msg"])


ALL_FAULTS = [
    *FAULTS,
    ("status", {"status": 429, "headers": {"Retry-After": "Thu, 01 Jan 2026 00:00:00 GMT"}}),
    ("status", {"status": 429, "headers": {"Retry-After": "soon"}}),
    ("status", {"status": 500, "acted": True, "body": ""}),
    ("status", {"status": 403, "body": "<html>Blocked</html>"}),
    ("slow", {"seconds": 0.4, "acted": True}),
]
STEPS = [
    ("GET", "policy-assignments\\?", 1),
    ("GET", "policy-assignments\\?", 2),
    ("GET", "policies", 1),
    ("POST", "policy-assignments$", 1),
    ("POST", "policy-assignments$", 2),
    ranking(1),
    ranking(2),
    ranking(3),
    ("DELETE", ".", 1),
    ("DELETE", ".", 4),
]


#: D and B exchange their places around C, and F, which is new, goes behind D.
MERGED, MERGED_END = [unit(GROUP, "DFB")], "ADFCB"


@pytest.mark.once
@pytest.mark.parametrize("fault", ALL_FAULTS, ids=str)
@pytest.mark.parametrize("step", [("POST", "policy-assignments$", 1), ranking(1), ranking(2)], ids=str)
def test_merged_ends_as_planned_whatever_happens_on_the_way(cloud, fault, step):
    """From a state in between nobody can see how the listed policies stood before: the run remembers how it is to end."""
    kind, arguments = fault
    method, path, nth = step
    cloud.faults.add(kind, method=method, path=path, nth=nth, **arguments)
    result = run(cloud, config=MERGED, timeout=0.25)
    assert not cloud.faults.left
    if result.get("failed"):
        assert arguments.get("status") == 403, result["msg"]
        result = run(cloud, config=MERGED)
        end = cloud.eset.stack(*GROUP)
        assert [policy for policy in end if policy in "DFB"] == [*"DFB"] and [policy for policy in end if policy in "AC"] == [*"AC"]
    else:
        assert stacks(cloud)[GROUP] == MERGED_END
        assert [request["path"].endswith(":updateRanking") for request in result["requests"]] == [False, True, True]
    assert not result.get("failed") and not run(cloud, config=MERGED)["changed"]


def test_merged_follows_the_listed_order_with_the_fewest_moves(cloud):
    check = run(cloud, check=True, config=MERGED)
    assert check["summary"] == {"created": 1, "updated": 0, "moved": 2, "deleted": 0, "unchanged": 2}
    assert run(cloud, config=MERGED)["after"] == check["after"] and stacks(cloud)[GROUP] == MERGED_END
    config = [{**MERGED[0], "policies": [{"policy_uuid": "C", "rank": 1}, {"policy_uuid": "B"}, {"policy_uuid": "A"}]}]
    result = run(cloud, config=config)
    assert stacks(cloud)[GROUP] == "CBDFA" and not run(cloud, config=config)["changed"]
    assert result["summary"]["moved"] == 3


@pytest.mark.once
@pytest.mark.parametrize(("fault", "step"), list(itertools.product(ALL_FAULTS, STEPS)), ids=str)
def test_any_single_fault_at_any_step(watched, fault, step):
    kind, arguments = fault
    method, path, nth = step
    watched.faults.add(kind, method=method, path=path, nth=nth, **arguments)
    result = until_done(watched, 2, state="overridden", config=WANTED, timeout=0.25)
    assert not watched.faults.left
    assert stacks(watched) == END
    assert not run(watched, state="overridden", config=WANTED)["changed"]
    assert sum(entry.path == "/v2/policy-assignments" and entry.method == "POST" for entry in watched.log) <= 3
    assert result["after"] == [] or {"".join(policy["policy_uuid"] for policy in item["policies"]) for item in result["after"]} <= set(
        END.values()
    )


def shown(request, before):
    """A request as text; what is made in the run has no id yet in what is planned."""
    return re.sub(r"(?<=assignments/)[^:]+(?=:)", lambda found: found[0] if found[0] in before else "<new>", str(request))


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
@pytest.mark.parametrize("step", [("POST", "assignments$", 2), ranking(1), ranking(2), ranking(3), ("DELETE", ".", 2)], ids=str)
def test_after_an_unclear_write_the_run_goes_on_from_what_is_there(watched, kind, step):
    """And says the same requests as a run without it, each once."""
    before = [item["uuid"] for item in watched.eset.assignments()]
    planned = run(watched, True, state="overridden", config=WANTED)
    method, path, nth = step
    watched.faults.add(kind, method=method, path=path, nth=nth)
    done = run(watched, state="overridden", config=WANTED)
    assert not done.get("failed"), done["msg"]
    assert stacks(watched) == END
    assert sorted(shown(request, before) for request in done["requests"]) == sorted(
        shown(request, before) for request in planned["requests"]
    )
    assert done["summary"] == planned["summary"] == {"created": 2, "updated": 0, "moved": 2, "deleted": 4, "unchanged": 3}
    assert done["plan_digest"] == planned["plan_digest"]
    sent = [entry for entry in watched.writes() if entry.fault is None]
    assert len(sent) == len(planned["requests"]) - (kind == "reset_after"), "what had acted was not sent again"


@pytest.mark.parametrize(("kind", "lag"), [("reset_before", 0), ("reset_after", 0), ("reset_after", 2)])
def test_an_unclear_move_of_what_is_new_is_known_again(watched, kind, lag):
    """Its assignment had no id when it was planned, and has one when it is planned again."""
    watched.eset.lag = lag
    watched.faults.add(kind, method="POST", path=":updateRanking", nth=2)
    done = run(watched, state="replaced", config=[unit(GROUP, "DAFC")])
    assert not done.get("failed"), done["msg"]
    assert [request["body"]["rank"] for request in done["requests"] if "Ranking" in request["path"]] == [1, 3]
    assert sum("Ranking" in entry.path for entry in watched.writes()) == (3 if kind == "reset_before" else 2)
    assert done["stats"]["retries"] == (kind == "reset_before")


@pytest.mark.once
@pytest.mark.parametrize("seed", range(60))
def test_several_faults_of_all_kinds(watched, seed):
    """Whatever happens, a failed run says so, and the next ones complete it."""
    draw = random.Random(seed)
    eset = watched.eset
    eset.rank_error = draw.choice([400, 412])
    eset.error_bodies = draw.choice(["grpc", "empty", "html"])
    eset.duplicates = draw.choice(["allow", "refuse", "ignore"])
    eset.next_token_end = draw.choice(["missing", "null", "empty"])
    eset.page_max = draw.choice([None, 1, 2, 3])
    for _number in range(draw.randint(1, 4)):
        kind, arguments = draw.choice(ALL_FAULTS[1:])
        watched.faults.add(kind, method=draw.choice(["GET", "POST", "POST", "DELETE"]), nth=draw.randint(1, 4), **arguments)
    for _number in range(draw.randint(0, 3)):
        lost = draw.choice([None, "404", "504"])
        acts = draw.choice(["first", "fetch", "never"] if lost else ["first", "fetch"])
        eset.pend(draw.choice(["GET", "POST", "DELETE"]), polls=draw.randint(1, 3), lost=lost, acts=acts)
    until_done(watched, 8, state="overridden", config=WANTED, timeout=0.25, retry_timeout=draw.choice([1, 20]))
    watched.faults.clear()
    assert stacks(watched) == END
    # What is still to be answered 202 concerns reads and writes alike.
    assert not until_done(watched, 4, state="overridden", config=WANTED)["changed"]


PENDING = [
    {"polls": 1},
    {"polls": 3},
    {"polls": 2, "acts": "fetch"},
    *[{"lost": lost, "acts": acts} for lost in ("404", "504") for acts in ("first", "fetch", "never")],
]


@pytest.mark.once
@pytest.mark.parametrize(("pending", "step"), list(itertools.product(PENDING, STEPS)), ids=str)
@pytest.mark.parametrize("deployment", ["cloud", "on_prem"])
def test_pending_answers_at_any_step(watched, pending, step, deployment):
    method, path, _nth = step
    watched.eset.pend(method, path, **pending)
    done = run(watched, state="overridden", config=WANTED, deployment=deployment)
    assert not done.get("failed"), done["msg"]
    assert watched.eset.pending_left == 0
    assert stacks(watched) == END
    assert done["summary"] == {"created": 2, "updated": 0, "moved": 2, "deleted": 4, "unchanged": 3} and len(done["requests"]) == 9
    assert done["stats"]["writes"] == 9 + (pending.get("acts") == "never" and method != "GET")
    assert not run(watched, state="overridden", config=WANTED)["changed"]


@pytest.mark.parametrize("step", [step for step in STEPS if step[0] != "GET"], ids=str)
@pytest.mark.parametrize("acts", ["first", "never"])
def test_202_without_an_id_is_a_failure_that_names_the_request(watched, step, acts):
    method, path, _nth = step
    watched.eset.pend(method, path, acts=acts, no_response_id=True)
    result = run(watched, state="overridden", config=WANTED)
    assert result["failed"] and "202" in result["msg"] and "without the response-id" in result["msg"] and "request-id " in result["msg"]
    (unknown,) = [request for request in result["requests"] if request.get("outcome") == "unknown"]
    assert unknown in result["pending"] and unknown["method"] == method
    until_done(watched, 1, state="overridden", config=WANTED)
    assert stacks(watched) == END


def test_202_without_end_is_a_failure_in_time(watched):
    watched.eset.pend("POST", "assignments$", polls=1000, acts="first")
    result = run(watched, state="overridden", config=WANTED, retry_timeout=0.2)
    assert result["failed"] and "retry_timeout" in result["msg"] and "may still act" in result["msg"]
    assert [request for request in result["pending"] if request.get("outcome") == "unknown"]
    until_done(watched, 1, state="overridden", config=WANTED)


def test_everything_may_be_pending(watched):
    """Reads, writes and their order, with many under way at once."""
    watched.eset.pend(times=1000, polls=2)
    done = run(watched, state="overridden", config=WANTED)
    assert not done.get("failed"), done["msg"]
    assert stacks(watched) == END and done["stats"]["writes"] == 9


@pytest.mark.parametrize("duplicates", ["allow", "refuse", "ignore"])
@pytest.mark.parametrize("lag", [0, 1, 2, 3])
@pytest.mark.parametrize("fault", ["reset_after", "reset_before", "404", "504"])
def test_an_assignment_is_never_made_twice(watched, duplicates, lag, fault):
    """Whatever the server would do about it, and also where reads lag behind what was lost."""
    watched.eset.duplicates, watched.eset.lag = duplicates, lag
    if fault.isdigit():
        watched.eset.pend("POST", "assignments$", lost=fault)
    else:
        watched.faults.add(fault, method="POST", path="assignments$")
    config = [unit(GROUP, "EABCD")]
    done = run(watched, config=config)
    assert not done.get("failed"), done["msg"]
    assert stacks(watched)[GROUP] == "EABCD" and done["summary"]["created"] == 1
    posts = [entry for entry in watched.writes() if entry.path.endswith("assignments") and "response-id" not in entry.headers]
    assert len(posts) == (2 if fault == "reset_before" else 1)


def test_an_assignment_that_was_acknowledged_and_does_not_show_is_not_made_again(watched):
    """Two were to be made; the second is unclear, and the reads show neither for longer than anybody waits."""
    original = watched.eset.handle

    def handle(request):
        answer = original(request)
        if request.method == "POST":
            watched.eset.lag = 50
        return answer

    watched.eset.lag = 50
    watched.eset.handle = handle
    watched.faults.add("reset_after", method="POST", path="assignments$", nth=2)
    watched.eset._policies._before = {key: list(stack) for key, stack in watched.eset._policies._stacks.items()}
    watched.eset._policies._remember = lambda: None
    result = run(watched, config=[unit(GROUP, "EF")])
    assert result["failed"] and "make it twice" in result["msg"]
    assert stacks(watched)[GROUP] == "ABCDEF" and len(watched.writes()) == 2


@pytest.mark.parametrize("lag", [1, 2, 3])
@pytest.mark.parametrize("config", [[unit(GROUP, "ABCDEF")], [unit(GROUP, "DCBA")], [unit(GROUP, "")]], ids=["assign", "move", "remove"])
def test_reads_that_lag_are_waited_for(cloud, lag, config):
    cloud.eset.lag = lag
    result = run(cloud, state="replaced", config=config)
    assert not result.get("failed"), result["msg"]
    assert ids(result["after"]) == config and len(cloud.writes()) == len(result["requests"])


def test_a_refusal_in_the_middle_says_what_is_where_and_the_next_run_completes(cloud):
    for number in range(20):
        cloud.eset.add_device(f"device {number}", uuid=f"x{number}")
    cloud.latency = 0.02
    cloud.faults.add("status", status=400, body={"code": 9, "message": "not today"}, method="POST", path="assignments$", nth=8)
    config = [unit(("deviceUuid", f"x{number}"), "A") for number in range(20)] + [unit(SUBSCRIPTION, "D")]
    result = run(cloud, state="replaced", config=config)
    assert (
        result["failed"]
        and "not today (code 9)" in result["msg"]
        and "request-id" not in result["msg"].split("not today")[0]
        and result["changed"]
    )
    made = {request["body"]["assignment"]["target"]["deviceUuid"] for request in result["requests"]}
    assert made == {f"x{number}" for number in range(20) if cloud.eset.stack("deviceUuid", f"x{number}")}
    assert len(made) + len(result["pending"]) == 21
    assert stacks(cloud)[SUBSCRIPTION] == "CD", "nothing is removed while an assignment is missing"
    done = run(cloud, state="replaced", config=config)
    assert not done.get("failed") and done["summary"]["created"] == 20 - len(made) and done["summary"]["deleted"] == 1


@pytest.mark.parametrize("status", [400, 412])
@pytest.mark.parametrize("bodies", ["grpc", "empty", "html"])
def test_a_rank_that_is_too_high_is_explained(cloud, status, bodies):
    """Somebody removes assignments between the read and the move."""
    cloud.eset.rank_error, cloud.eset.error_bodies = status, bodies
    original = cloud.eset._policies

    def meanwhile(request):
        cloud.eset.before_write = None
        for assignment in [
            item for item in original.assignments() if item["policyUuid"] in "AB" and item["target"] == {"deviceGroupUuid": "g1"}
        ]:
            original._stack_of(original._known(assignment["uuid"])).remove(original._known(assignment["uuid"]))

    cloud.eset.before_write = meanwhile
    result = run(cloud, config=[{**unit(GROUP), "policies": [{"policy_uuid": "C", "rank": 4}]}])
    assert result["failed"] and str(status) in result["msg"] and "cannot see count too" in result["msg"] and "request-id" in result["msg"]
    assert ("(code " in result["msg"]) == (bodies == "grpc") and not result["requests"] and len(result["pending"]) == 1
    assert not run(cloud, config=[{**unit(GROUP), "policies": [{"policy_uuid": "C", "rank": 2}]}]).get("failed")


@pytest.mark.parametrize("phase", ["assignments$", ":updateRanking", "DELETE"])
@pytest.mark.parametrize("act", ["add", "remove", "move", "same"])
def test_somebody_else_at_the_same_time(cloud, phase, act):
    """Either the desired state holds in the end, or the run says that it does not; the next one completes it."""
    policies = cloud.eset._policies
    by_policy = {item["policyUuid"]: item["uuid"] for item in policies.assignments() if item["target"] == {"deviceGroupUuid": "g1"}}

    def meanwhile(request):
        if phase in (request.method, "") or request.path.endswith(phase.rstrip("$")):
            cloud.eset.before_write = None
            stack = policies._stacks[GROUP]
            if act == "add":
                cloud.eset.assign("E", *GROUP)
            elif act == "same":
                cloud.eset.assign("F", *GROUP)
            else:
                item = stack.pop([one.uuid for one in stack].index(by_policy["C" if act == "remove" else "D"]))
                if act == "move":
                    stack.insert(2, item)
                else:
                    del policies._assignments[item.uuid]

    cloud.eset.before_write = meanwhile
    result = run(cloud, state="replaced", config=WANTED)
    assert cloud.eset.before_write is None
    wrong = {target: "".join(cloud.eset.stack(*target)) for target in (GROUP, DEVICE)} != {GROUP: "DAFC", DEVICE: "ABC"}
    assert bool(result.get("failed")) == wrong
    if wrong:
        assert result["changed"] or "404" in result["msg"]
    until_done(cloud, 2, state="replaced", config=WANTED)
    assert stacks(cloud)[GROUP] == "DAFC" and stacks(cloud)[DEVICE] == "ABC"


def test_what_others_change_elsewhere_does_not_matter(cloud):
    cloud.eset.before_write = lambda request: setattr(cloud.eset, "before_write", None) or cloud.eset.assign("F", *SUBSCRIPTION)
    assert not run(cloud, state="replaced", config=WANTED).get("failed")


def test_an_assignment_that_is_gone_already_needs_no_removal(cloud):
    (uuid,) = [
        item["uuid"] for item in cloud.eset.assignments() if item["policyUuid"] == "B" and item["target"] == {"deviceGroupUuid": "g1"}
    ]

    def meanwhile(request):
        cloud.eset.before_write = None
        cloud.eset._policies._unassign(request, uuid)

    cloud.eset.before_write = meanwhile
    result = run(cloud, state="deleted", config=[unit(GROUP, "B")])
    assert not result.get("failed"), result["msg"]
    # Somebody else removed it, and this run nothing.
    assert not result["changed"] and result["requests"] == [] and result["summary"]["deleted"] == 0
    assert stacks(cloud)[GROUP] == "ACD"


def test_writes_of_different_targets_overlap_and_the_limit_is_kept(cloud):
    for number in range(25):
        cloud.eset.add_device(f"device {number}", uuid=f"x{number}")
    cloud.limit(10)
    cloud.latency = 0.3
    result = run(cloud, config=[unit(("deviceUuid", f"x{number}"), "A") for number in range(25)], rate_limit=8)
    assert not result.get("failed"), result["msg"]
    assert all(entry.status != 429 for entry in cloud.log)
    arrived = [entry.at for entry in cloud.writes()]
    assert min(late - early for early, late in zip(arrived, arrived[1:])) < cloud.latency, "they did not wait for each other's answers"


def test_hidden_assignments_count_and_are_not_touched(cloud):
    """In front, between and behind; those behind show only when something new lands behind them."""
    eset = cloud.eset
    eset.add_device("db", uuid="d2")
    for policy, visible in (("E", False), ("A", True), ("F", False), ("B", True), ("C", False), ("D", False)):
        eset.assign(policy, "deviceUuid", "d2", visible=visible)
    target = ("deviceUuid", "d2")
    for wanted in ("BA", "AB", "CDBA", "ABCD", "DCBA"):
        for verify in (True, False):
            done = run(cloud, state="replaced", config=[unit(target, wanted)], verify=verify)
            assert not done.get("failed"), done["msg"]
            (seen,) = run(cloud, state="gathered", config=[unit(target)])["gathered"]
            assert seen == unit(target, wanted)
    assert sorted(eset.stack(*target)) == sorted("EFCD" + "DCBA")


@pytest.mark.parametrize("duplicates", ["allow", "refuse", "ignore"])
def test_copies_are_reduced_to_the_one_that_saves_moves(cloud, duplicates):
    cloud.eset.duplicates = duplicates
    for policy in "AB":
        cloud.eset.assign(policy, *GROUP)
    gathered = run(cloud, state="gathered", config=[unit(GROUP)])
    assert gathered["gathered"] == [unit(GROUP, "ABCD")]
    assert len(gathered["warnings"]) == 1 and "A, B" in gathered["warnings"][0]
    assert not run(cloud, config=[unit(GROUP, "ABCD")])["changed"], "merged leaves them"
    done = run(cloud, state="replaced", config=[unit(GROUP, "CDAB")])
    assert done["summary"] == {"created": 0, "updated": 0, "moved": 0, "deleted": 2, "unchanged": 4}
    assert stacks(cloud)[GROUP] == "CDAB"


def once(cloud, method, act):
    """``act`` before the mock server answers the next such request."""
    original = cloud.eset.handle

    def handle(request):
        if request.method == method:
            cloud.eset.handle = original
            act()
        return original(request)

    cloud.eset.handle = handle


@pytest.mark.parametrize(
    ("state", "config", "policy", "target"),
    [
        ("overridden", [unit(GROUP, "ABC"), unit(DEVICE, "EBA"), unit(SUBSCRIPTION, "CD")], "F", ("deviceUuid", "d9")),
        ("replaced", [unit(GROUP, "ABC")], "F", GROUP),
    ],
)
def test_what_nobody_planned_is_not_done_after_a_doubt(cloud, state, config, policy, target):
    """Somebody assigns something while a write is unclear: the plan that would follow from that was shown to nobody."""
    cloud.eset.add_device("new", uuid="d9")
    once(cloud, "DELETE", lambda: cloud.eset.assign(policy, *target))
    cloud.faults.add("reset_after", method="DELETE", path=".")
    result = run(cloud, state=state, config=config, max_removals=3)
    assert policy in cloud.eset.stack(*target), "what somebody else assigned is still there"
    assert len(cloud.writes()) == 1
    assert result["failed"] and "no longer what was planned" in result["msg"]
    assert result["requests"][0]["outcome"] == "unknown"


def test_an_assignment_that_may_yet_be_made_is_not_made_again(cloud):
    """The server takes longer than anybody waits for an answer, and acts in the end."""
    cloud.faults.add("slow", seconds=1.5, method="POST", path="assignments$")
    result = run(cloud, config=[unit(SUBSCRIPTION, "A")], timeout=0.3)
    assert result["failed"] and "may still act" in result["msg"]
    assert result["requests"] == result["pending"] and result["requests"][0]["outcome"] == "unknown"
    time.sleep(1.5)
    assert stacks(cloud)[SUBSCRIPTION] == "CDA"
    assert not run(cloud, config=[unit(SUBSCRIPTION, "A")])["changed"]


def test_a_move_that_may_yet_come_is_not_made_again(cloud):
    """Else it would undo, after the run has said that all is well, what came after it."""
    cloud.faults.add("slow", seconds=1.5, method="POST", path=":updateRanking")
    result = run(cloud, state="replaced", config=[unit(GROUP, "BDC")], timeout=0.3)
    assert result["failed"] and "may still act" in result["msg"] and stacks(cloud)[GROUP] == "ABCD"
    time.sleep(1.5)
    assert not run(cloud, state="replaced", config=[unit(GROUP, "BDC")]).get("failed")
    assert stacks(cloud)[GROUP] == "BDC"


def test_what_was_approved_is_not_more_after_a_doubt(cloud):
    """Somebody removes an assignment that was to stay as it is: nobody has approved that it is made again."""
    config = [unit(GROUP, "BACD")]
    digest = run(cloud, True, state="replaced", config=config)["plan_digest"]
    once(cloud, "POST", cloud.eset._policies._stacks[GROUP].pop)
    cloud.faults.add("reset_after", method="POST", path=":updateRanking")
    result = run(cloud, state="replaced", config=config, expected_plan=digest)
    assert result["failed"] and "no longer what was planned" in result["msg"] and stacks(cloud)[GROUP] == "BAC"


def test_an_assignment_that_was_acknowledged_without_an_id_is_not_made_again(cloud):
    cloud.eset.lag = 50
    cloud.eset._policies._before = {key: list(stack) for key, stack in cloud.eset._policies._stacks.items()}
    cloud.eset._policies._remember = lambda: None
    cloud.faults.add("empty", method="POST", path="assignments$")
    result = run(cloud, config=[unit(SUBSCRIPTION, "A")])
    assert result["failed"] and "make it twice" in result["msg"] and stacks(cloud)[SUBSCRIPTION] == "CDA"
    assert [request.get("outcome") for request in result["requests"]] == [None]


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_after_a_doubt_the_requests_are_in_the_order_of_the_plan(cloud, nth):
    cloud.faults.add("reset_after", method="POST", path="assignments$", nth=nth)
    config = [unit(SUBSCRIPTION, "CDABE")]
    planned, done = (run(cloud, check, config=config) for check in (True, False))
    assert [request["body"] for request in done["requests"]] == [request["body"] for request in planned["requests"]]


def test_a_write_that_is_repeated_and_refused_may_have_been_made(cloud):
    """The first one was unclear, and a look did not show it: nobody knows whether it ever acted."""
    cloud.eset.lag = 50
    cloud.faults.add("status", status=502, acted=True, method="DELETE", path=".")
    cloud.faults.add("status", status=403, method="DELETE", path=".", nth=2)
    cloud.eset._policies._before = {key: list(stack) for key, stack in cloud.eset._policies._stacks.items()}
    cloud.eset._policies._remember = lambda: None
    result = run(cloud, state="deleted", config=[unit(GROUP, "D")])
    assert result["failed"] and result["changed"] and "403" in result["msg"]
    assert result["requests"] == result["pending"] and result["requests"][0]["outcome"] == "unknown"
    assert stacks(cloud)[GROUP] == "ABC"


def test_what_was_answered_was_made_whatever_rank_it_got(cloud):
    """Hidden assignments show in the rank of what is new; without time to plan again the run says what it has made."""
    cloud.eset.assign("E", *GROUP, visible=False)
    result = run(cloud, state="replaced", config=[unit(GROUP, "BCDFA")], retry_timeout=0)
    assert result["failed"] and "rank" in result["msg"] and "Writes made: 1" in result["msg"]
    assert [request.get("outcome") for request in result["requests"]] == [None]
    assert all("F" not in str(request["body"]) for request in result["pending"])


def test_a_failure_says_what_was_to_be(cloud):
    cloud.faults.add("status", status=403, method="DELETE", path=".")
    result = run(cloud, state="replaced", config=[unit(GROUP, "A")])
    assert result["failed"] and [item["policies"] for item in ids(result["after"])] == [[{"policy_uuid": "A"}]]


def test_a_password_is_not_shown_in_any_form(cloud):
    password = 'a päss & "word" more'
    echo = f"cannot parse password={quote_plus(password)}&x={quote(password)} or {json.dumps(password)}"
    cloud.faults.add("status", status=400, body={"error": "invalid_request", "error_description": echo}, method="POST", path="token")
    result = run_module(
        "eset_policy_assignment",
        {"username": "me", "password": password, "base_url": cloud.eset_url, "state": "gathered", "retry_timeout": 1},
    )
    assert result["failed"] and "cannot parse" in result["msg"]
    assert not [form for form in (password, quote_plus(password), quote(password), json.dumps(password)[1:-1]) if form in result["msg"]]
    assert result["msg"].count("********") == 3


def test_a_password_that_is_no_text_ends_in_words(cloud):
    """As the environment may hold it."""
    options = {"username": "me", "password": "no \udcff text", "base_url": cloud.eset_url, "state": "gathered", "retry_timeout": 1}
    result = run_module("eset_policy_assignment", options)
    assert [item["path"] for item in result["errors"]] == ["password"] and result["stats"]["reads"] == 0
    assert "udcff" not in json.dumps(result["errors"])
    # Whatever else comes by such a text: no other one, and no traceback.
    assert Mask({"no \udcff text"})("it was no \udcff text") == f"it was {STARS}"


def test_a_write_that_cannot_be_looked_up_is_not_forgotten_for_what_the_look_says(cloud):
    cloud.faults.add("reset_after", method="DELETE", path=".")
    cloud.faults.add("status", status=403, method="GET", path="policy-assignments", nth=2)
    result = run(cloud, state="deleted", config=[unit(GROUP, "D")])
    assert result["failed"] and "nobody knows whether the server acted" in result["msg"] and "could not be looked up" in result["msg"]
    assert result["http_status"] == 403 and result["requests"][0]["outcome"] == "unknown"
