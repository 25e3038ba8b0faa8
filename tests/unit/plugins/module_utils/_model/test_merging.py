# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordered lists in state merged: examples, and what holds of any of them."""

from __future__ import annotations

import pytest
from ansible_collections.secops.policy.plugins.module_utils._model.merging import merged_order
from ansible_collections.secops.policy.tests.support.examples import examples
from hypothesis import given
from hypothesis import strategies as st


def merged(current, listed):
    """``listed`` as a text, each letter with the rank that it must have, if any: ``C1DB``."""
    found = []
    for letter in listed:
        if letter.isdigit():
            found[-1] = (*found[-1][:2], int(letter) - 1)
        else:
            found.append((letter, current.find(letter) if letter in current else None, None))
    return "".join(merged_order(current, found))


@pytest.mark.parametrize(
    ("current", "listed", "after"),
    [
        ("ABCD", "C1DB", "CADB"),  # the contract's example
        ("WU", "UW", "UW"),
        ("U", "BU", "BU"),
        ("AB", "AN", "ANB"),
        ("AB", "NB", "ANB"),
        ("AB", "N", "ABN"),
        ("AB", "NM", "ABNM"),
        ("", "NM", "NM"),
        ("ABCDE", "EMCNA", "EMBCNDA"),
        ("ABC", "NMA", "NMABC"),
        # Beside one that has a rank.
        ("ABCD", "C1N", "CNABD"),
        ("ABCD", "NC3", "ANCBD"),
        # No room before it: to the end.
        ("ABCD", "NC1", "CABDN"),
        ("ABCD", "NMC2A", "NCMABD"),
        ("ABCD", "NMC4", "ANMCBD"),
        ("ABC", "N1M2A", "NMABC"),
        ("AB", "M2N1", "NMAB"),
        # The listed order goes before being next to one that has a rank.
        ("BDxyz", "BC5ND", "BNDxCyz"),
        ("DBxyz", "BC5ND", "BNDxCyz"),
        ("ABC", "C1NE3M", "CNEMAB"),
    ],
)
def test_what_becomes_of_a_list(current, listed, after):
    assert merged(current, listed) == after
    assert merged(after, listed) == after


@st.composite
def lists(draw, ranks=True):
    current = "".join(draw(st.lists(st.sampled_from("ABCDEF"), unique=True)))
    listed = draw(st.lists(st.sampled_from("ABCDEFGHI"), unique=True))
    size = len(set(current) | set(listed))
    places = iter(draw(st.permutations(range(size))))
    return current, [
        (letter, current.find(letter) if letter in current else None, next(places) if ranks and draw(st.booleans()) else None)
        for letter in listed
    ]


@examples(1000)
@given(lists())
def test_whatever_is_merged(case):
    current, listed = case
    after = merged_order(current, listed)
    assert sorted(after) == sorted({*current, *(letter for letter, _source, _place in listed)})
    assert all(after[place] == letter for letter, _source, place in listed if place is not None)
    free = [letter for letter, _source, place in listed if place is None]
    assert [letter for letter in after if letter in free] == free
    others = [letter for letter in current if letter not in [letter for letter, _source, _place in listed]]
    assert [letter for letter in after if letter in others] == others
    again = [(letter, after.index(letter), place) for letter, _source, place in listed]
    assert merged_order(after, again) == after


@examples(500)
@given(lists())
def test_what_exists_stays_among_the_places_that_the_listed_hold(case):
    current, listed = case
    listed = [item for item in listed if item[1] is not None]
    listed = [(letter, source, None if place is None else min(place, len(current) - 1)) for letter, source, place in listed]
    taken = [place for _letter, _source, place in listed if place is not None]
    if len(set(taken)) < len(taken):
        listed = [(letter, source, None) for letter, source, _place in listed]
    placed = {letter for letter, _source, place in listed if place is not None}
    free = {letter for letter, _source, place in listed if place is None}
    before = [letter for letter in current if letter not in placed]
    after = [letter for letter in merged_order(current, listed) if letter not in placed]
    assert [letter in free for letter in before] == [letter in free for letter in after]


@examples(500)
@given(lists(ranks=False))
def test_what_is_missing_stands_beside_its_neighbour(case):
    current, listed = case
    after = merged_order(current, listed)
    for number, (letter, source, _place) in enumerate(listed):
        place = after.index(letter)
        if source is None and number:
            assert after[place - 1] == listed[number - 1][0]
        elif source is None and any(source is not None for _letter, source, _place in listed):
            assert after[place + 1] == listed[1][0]
        elif source is None:
            assert place == len(current)
