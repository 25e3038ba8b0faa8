# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the site of ``make docs`` from what antsibull-docs writes. Needs no network."""

from __future__ import annotations

from typing import Any

from docutils import nodes

project = "secops.policy"
author = project_copyright = "secops.policy contributors"
title = html_title = html_short_title = "secops.policy"

extensions = ["sphinx_antsibull_ext"]
default_role = "any"
highlight_language = "YAML+Jinja"
pygments_style = "ansible"

html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html", "topbar_links": {}}
html_show_sphinx = False
html_copy_source = False
html_use_index = False

#: What generated pages refer to in Ansible's own documentation, by label.
_ANSIBLE = "https://docs.ansible.com/ansible/latest/reference_appendices/"
_ELSEWHERE = {
    "ansible_configuration_settings": "config.html#ansible-configuration-settings",
    "common_return_values": "common_return_values.html#common-return-values",
}


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", _elsewhere)


def _elsewhere(_app: Any, _env: Any, node: Any, content: Any) -> Any:
    target = _ELSEWHERE.get(node["reftarget"])
    return nodes.reference("", "", content, internal=False, refuri=_ANSIBLE + target) if target else None
