# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular files only: a pipe would be waited for without end, and a device is not replaced by a report."""

from __future__ import annotations

import os

import pytest
from ansible_collections.secops.policy.plugins.plugin_utils import _files
from ansible_collections.secops.policy.plugins.plugin_utils._drift import files as reports
from ansible_collections.secops.policy.plugins.plugin_utils._workflow import snapshot as snapshots


@pytest.fixture(params=["pipe", "folder", "device"])
def odd(request, tmp_path):
    path = str(tmp_path / "odd")
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "folder":
        os.mkdir(path)
    else:
        os.symlink("/dev/zero", path)
    return path


def test_nothing_but_a_regular_file_is_read(odd):
    with pytest.raises((OSError, ValueError)):
        _files.read(odd)
    assert reports.read_accepted(odd)[0] == [] and "cannot be read" in reports.read_accepted(odd)[1][0]
    found, errors, exists = reports.read_report(odd)
    assert found is None and exists and "cannot be read" in errors[0]
    with pytest.raises(snapshots.Unusable):
        snapshots.read(odd, "acme")


def test_nothing_but_a_regular_file_is_replaced(odd):
    kind = os.lstat(odd).st_mode
    with pytest.raises(OSError, match="not a regular file|directory"):
        _files.write_private(odd, "text")
    assert os.lstat(odd).st_mode == kind


def test_the_newest_snapshots_stay(tmp_path):
    names = [f"acme.2026071{day}T101530_000000Z.json" for day in range(5)] + ["other.20260710T101530_000000Z.json", "acme.json"]
    for name in names:
        (tmp_path / name).write_text("{}", encoding="utf-8")
    assert [os.path.basename(path) for path in snapshots.outdated(str(tmp_path), "acme", 2)] == names[:3]
    assert [os.path.basename(path) for path in snapshots.outdated(str(tmp_path), "acme", 0)] == names[:4], "the newest stays always"
    assert snapshots.outdated(str(tmp_path), "acme", 30) == []
