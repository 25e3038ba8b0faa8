# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meraki organizations and ESET companies as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tenants
short_description: Meraki organizations and ESET companies as hosts
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Every Meraki organization that the API key sees is a host, and every company group that the ESET user sees. The roles and playbooks of
    this collection take one host as one tenant.
  - The file's name must end in C(.secops_policy.yml).
  - One request reads up to 9000 organizations.
  - A host has the variables C(meraki_organization_id) or C(eset_scope), which the roles of this collection take, the connection options
    that are not the default (C(meraki_base_url), C(eset_region), C(eset_deployment), C(eset_base_url)), and C(secops_tenant) with
    C(vendor), C(id) and C(name), for Meraki also C(region), C(licensing), C(msp_id) and C(url). Credentials are never variables.
  - A host name keeps the letters, digits, spaces, dots, underscores and hyphens of the tenant's name. Every other character becomes an
    underscore. If several tenants have the same name, if it is empty, or if a group or V(localhost) has it, the tenant's id is appended.
  - What a vendor returns is never evaluated as a template.
  - An error is an error of the inventory source, and so is a list without any tenant. Set E(ANSIBLE_INVENTORY_UNPARSED_FAILED) to end the
    command there. AWX does.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [secops.policy.tenants]
  vendors:
    description: Whose tenants to list. If not set, the vendors whose credentials are set.
    type: list
    elements: str
    choices: [meraki, eset]
  hostnames:
    description: What the host name is made of. The first of these that the tenant has is used.
    type: list
    elements: str
    choices: [name, id]
    default: [name]
  include:
    description:
      - Shell patterns such as V(Clinic *). If set, only tenants whose whole name or id matches one of them are hosts.
      - Case matters. A pattern that matches no tenant causes a warning.
    type: list
    elements: str
    default: []
  exclude:
    description: Shell patterns. Tenants whose whole name or id matches one of them are left out, also if O(include) matches.
    type: list
    elements: str
    default: []
  api_disabled:
    description: Whether to list Meraki organizations whose API access is disabled. No module can read them.
    type: bool
    default: false
  meraki_api_key:
    description: The Dashboard API key. A template is evaluated.
    type: str
    env:
      - name: MERAKI_DASHBOARD_API_KEY
  meraki_base_url:
    description: Where the Dashboard API is, such as V(https://api.meraki.ca/api/v1). The default is V(https://api.meraki.com/api/v1).
    type: str
    env:
      - name: MERAKI_DASHBOARD_BASE_URL
  eset_username:
    description:
      - The ESET user who signs in.
      - The environment variable is not used if O(eset_access_token) is set in the file.
    type: str
    env:
      - name: ESET_USERNAME
  eset_password:
    description:
      - The password of O(eset_username). A template is evaluated.
      - The environment variable is not used if O(eset_access_token) is set in the file.
    type: str
    env:
      - name: ESET_PASSWORD
  eset_access_token:
    description:
      - An ESET access token, to use before O(eset_username) and O(eset_password). A template is evaluated.
      - The environment variable is not used if O(eset_username) or O(eset_password) is set in the file.
    type: str
    env:
      - name: ESET_ACCESS_TOKEN
  eset_region:
    description: Where the ESET tenant is. V(eu), V(de), V(us), V(ca) or V(jpn). The default is V(eu).
    type: str
    env:
      - name: ESET_REGION
  eset_deployment:
    description: V(cloud) is ESET Connect, V(on_prem) an ESET PROTECT On-Prem server. The default is V(cloud).
    type: str
    env:
      - name: ESET_DEPLOYMENT
  eset_base_url:
    description: One origin for all ESET requests, such as V(https://SERVER:9443). Required for O(eset_deployment=on_prem).
    type: str
    env:
      - name: ESET_BASE_URL
  timeout:
    description: How many seconds one request may take.
    type: float
    default: 60
  retry_timeout:
    description: How many seconds to spend, all together for one vendor, on waiting after errors and rate-limit responses.
    type: float
    default: 300
  rate_limit:
    description: How many requests a second to send to one vendor at most.
    type: float
    default: 10
  validate_certs:
    description: Whether to check the server's TLS certificate.
    type: bool
    default: true
  ca_path:
    description: Path to a CA bundle, or to a directory of CA certificates, to use instead of the system's.
    type: path
requirements:
  - requests
notes:
  - A cache holds ids, names and what C(secops_tenant) shows, and no credentials. It is kept for the path of the file, the vendors, the
    servers and the ESET user.
seealso:
  - plugin: ansible.builtin.constructed
    plugin_type: inventory
"""

EXAMPLES = r"""
# Each example is a file of its own, such as msp.secops_policy.yml.

# Credentials come from the environment: every organization is a host.
# plugin: secops.policy.tenants

# The customers of an ESET MSP. Each host is limited to one company by eset_scope.
# plugin: secops.policy.tenants
# vendors: [eset]
# hostnames: [id]
# eset_region: de
# eset_username: api@example.com
# eset_password: "{{ lookup('ansible.builtin.file', '/run/secrets/eset') }}"
# cache: true
# cache_plugin: ansible.builtin.jsonfile
# cache_connection: /var/cache/inventory
# cache_timeout: 3600

# Some of an MSP's Meraki customers, in groups by MSP id and licensing model.
plugin: secops.policy.tenants
vendors: [meraki]
include: ["Clinic *", "Practice *"]
exclude: ["* (test)", "2930419"]
keyed_groups:
  - key: secops_tenant.msp_id
    prefix: msp
  - key: secops_tenant.licensing
    prefix: licensing
groups:
  berlin: "'Berlin' in secops_tenant.name"
"""

import hashlib
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.secops.policy.plugins.module_utils._http.client import HAS_REQUESTS, ApiError
from ansible_collections.secops.policy.plugins.module_utils._model.documented import Undocumented
from ansible_collections.secops.policy.plugins.module_utils._model.mask import Mask
from ansible_collections.secops.policy.plugins.module_utils._model.plan import canonical_json, summed
from ansible_collections.secops.policy.plugins.module_utils._model.validation import unsupported
from ansible_collections.secops.policy.plugins.module_utils._runner.libraries import install_message
from ansible_collections.secops.policy.plugins.module_utils._vendors.eset import Eset
from ansible_collections.secops.policy.plugins.module_utils._vendors.meraki import Meraki
from ansible_collections.secops.policy.plugins.plugin_utils._inventory import connection, tenants

_SECRETS = ("meraki_api_key", "eset_password", "eset_access_token")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads the vendors' lists, and makes hosts of what they hold."""

    NAME = "secops.policy.tenants"

    def verify_file(self, path: str) -> bool:
        """Whether a file is for this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(".secops_policy.yml")

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Add the hosts. Raises ``AnsibleParserError``, whatever goes wrong."""
        self._mask = Mask(())
        try:
            super().parse(inventory, loader, path, cache)
            options = self._connection(self._read_config_data(path))
            self._mask = Mask([options[name] for name in _SECRETS if options[name]])
            self._add_hosts(self._wanted(path, cache, options), options)
        except (ApiError, Undocumented, ValueError, AnsibleError) as error:
            raise AnsibleParserError(self._mask(str(error))) from None
        except Exception as error:
            what = self._mask(f"{type(error).__name__}: {error}")
            raise AnsibleParserError(f"internal error, please report it: {what}") from None

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        """As Ansible's, which passes over options that do not exist, and shows values of a wrong type."""
        given = direct or {}
        for name in given:
            if name not in self.option_definitions:
                raise AnsibleParserError(f"{name}: {unsupported(name, sorted(self.option_definitions))}")
        for name in _SECRETS:
            if isinstance(given.get(name), (dict, list, tuple, set, bool)):
                raise AnsibleParserError(f"{name}: must be a text")
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def _wanted(self, path: str, cache: bool, options: dict[str, t.Any]) -> list[tenants.Tenant]:
        """The tenants that are to be hosts."""
        vendors, errors = connection.vendors(options, self.get_option("vendors"))
        if errors:
            raise ValueError(f"nothing was read: {summed(errors)}")
        listed = self._listed(path, cache, vendors, options)
        found, warnings = tenants.selected(
            listed, self.get_option("include") or [], self.get_option("exclude") or [], self.get_option("api_disabled")
        )
        for text in warnings:
            self.display.warning(f"{self.NAME}: {text}")
        self.display.v(f"{self.NAME}: {len(found)} of {len(listed)} tenants are hosts")
        if not found:
            raise ValueError(f"no tenant is left of the {len(listed)} that the credentials see: check include, exclude and api_disabled")
        return found

    def _connection(self, config: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The options of the connections, templates in the file evaluated. What the environment says never is one."""
        found = {name: self.get_option(name) for name in connection.OPTIONS}
        for name in connection.TEXTS:
            if name in config and found[name] is not None:
                try:
                    value = self.templar.template(found[name])
                except Exception:  # Whatever a template may run into. It may be quoted, and be a secret.
                    raise ValueError(f"{name}: cannot be evaluated") from None
                found[name] = None if value is None else str(value)
        return connection.settled(found, config)

    def _listed(self, path: str, cache: bool, vendors: list[str], options: dict[str, t.Any]) -> list[tenants.Tenant]:
        """All tenants, from the cache or from the vendors."""
        caching = self.get_option("cache")
        public = {name: value for name, value in options.items() if name not in _SECRETS}
        place = hashlib.sha256(canonical_json([vendors, public]).encode()).hexdigest()[:12]
        key = f"{self.get_cache_key(path)}_{place}"
        if caching and cache:
            held = tenants.restored(self._cache.get(key))
            if held is not None:
                return held
        if not HAS_REQUESTS:
            raise ValueError(install_message(["requests"]))
        listed = tenants.in_order(tenant for vendor in vendors for tenant in self._read(vendor, options))
        if caching:
            self._cache[key] = tenants.stored(listed)
        return listed

    def _read(self, vendor: str, options: dict[str, t.Any]) -> list[tenants.Tenant]:
        """The tenants of one vendor."""
        api: t.Any = Meraki(connection.of(vendor, options)) if vendor == "meraki" else Eset(connection.of(vendor, options))
        try:
            found = tenants.organizations(api.organizations()) if vendor == "meraki" else tenants.companies(api.device_groups())
        finally:
            self._mask = Mask([*self._mask.secrets, *api.client.secrets])
            for text in api.client.warnings:
                self.display.warning(f"{self.NAME}: {text}")
        if not found:
            what = "the key sees no organization" if vendor == "meraki" else "the user sees no device group that is a company"
            self.display.warning(f"{self.NAME}: {vendor}: {what}")
        return found

    def _add_hosts(self, found: list[tenants.Tenant], options: dict[str, t.Any]) -> None:
        """Put the tenants, and the groups that are made of their variables, into the inventory.

        The groups are made beside it first: no host may have the name of one.
        """
        where = {vendor: connection.public(vendor, options) for vendor in {tenant.vendor for tenant in found}}
        shown = [wrap_var(tenants.variables(tenant, where[tenant.vendor])) for tenant in found]
        made: dict[tuple[int, str], InventoryData] = {}
        target: t.Any = self.inventory
        groups = {*tenants.RESERVED, *target.groups, *map(self._sanitize_group_name, self.get_option("groups") or {})}
        clashes = True
        while clashes:
            names = tenants.host_names(found, self.get_option("hostnames") or ["name"], groups)
            hosts = list(enumerate(names))
            made.update({host: self._constructed(host[1], shown[host[0]]) for host in hosts if host not in made})
            clashes = not groups.issuperset(set().union(*(made[host].groups for host in hosts)) & set(names))
            groups = groups.union(*(made[host].groups for host in hosts))
        for host in hosts:
            _copy(made[host], target)

    def _constructed(self, name: str, values: dict[str, t.Any]) -> InventoryData:
        """An inventory of one host with its variables, and what the options of ``constructed`` make of them."""
        target, made = self.inventory, InventoryData()
        compose, groups, keyed = (self.get_option(option) for option in ("compose", "groups", "keyed_groups"))
        strict = self.get_option("strict")
        known = {**values, "inventory_hostname": name}
        self.inventory = made
        try:
            made.add_host(name)
            self._set_composite_vars(compose, known, name, strict)
            # What was composed of a vendor's text is a text too, and not a template.
            made.hosts[name].vars = {
                **values,
                **{key: wrap_var(value) for key, value in made.hosts[name].vars.items() if key in (compose or {})},
            }
            self._add_host_to_composed_groups(groups, known, name, strict)
            self._add_host_to_keyed_groups(keyed, known, name, strict)
        finally:
            self.inventory = target
        return made


def _copy(source: InventoryData, target: InventoryData) -> None:
    """Hosts, variables and groups of one inventory into another."""
    for host in source.hosts.values():
        target.add_host(host.name)
        for key, value in host.vars.items():
            target.set_variable(host.name, key, value)
    made = [group for group in source.groups.values() if group.name not in ("all", "ungrouped")]
    for group in made:
        target.add_group(group.name)
        for host in group.hosts:
            target.add_child(group.name, host.name)
    for group in made:
        for child in group.child_groups:
            target.add_child(group.name, child.name)
