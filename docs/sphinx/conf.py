# SPDX-FileCopyrightText: 2026 secops.policy contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the site of ``make docs`` from what antsibull-docs writes. Needs no network."""

from __future__ import annotations

import re
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
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False

_ANSIBLE = "https://docs.ansible.com/ansible/latest/"
#: What pages refer to in Ansible's own documentation: labels, and where they are. ``{}`` is what the parentheses hold.
_ELSEWHERE = {
    r"ansible_collections\.(ansible|awx)\.(builtin|awx)\.(\w+)": "collections/{}/{}/{}.html",
    r"ansible_configuration_settings": "reference_appendices/config.html",
    r"common_return_values": "reference_appendices/common_return_values.html",
    r"(\w+)_plugins": "plugins/{}.html",
    r"(ANSIBLE_\w+)": "reference_appendices/config.html#envvar-{}",
}


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", _elsewhere)


def _elsewhere(_app: Any, _env: Any, node: Any, content: Any) -> Any:
    """A link into Ansible's documentation; None for what is not there either, which Sphinx then warns of."""
    for label, place in _ELSEWHERE.items():
        match = re.fullmatch(label, node["reftarget"])
        if match:
            return nodes.reference("", "", content, internal=False, refuri=_ANSIBLE + place.format(*match.groups()))
    return None
