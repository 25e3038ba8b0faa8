# SPDX-FileCopyrightText: 2026 secops.policy contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meraki organizations and ESET companies as hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tenants
short_description: List Meraki organizations and ESET companies as hosts
version_added: 1.0.0
author: secops.policy contributors (@secops-policy)
description:
  - Makes a host of every Meraki organization that the API key can see, and of every customer of an ESET MSP. A customer is a device group
    that ESET has linked to a company and that the ESET user can see. In the roles and playbooks of this collection, one host is one tenant.
  - The name of the inventory file must end in C(.secops_policy.yml).
  - One request reads up to 9000 organizations.
  - Every host has the variable C(meraki_organization_id) or C(eset_scope), which the roles of this collection use. Connection options
    (C(meraki_base_url), C(eset_region), C(eset_deployment), C(eset_base_url)) are variables if they differ from the default.
    C(secops_tenant) contains C(vendor), C(id) and C(name), and for Meraki also C(region), C(licensing), C(msp_id) and C(url). Credentials
    are never variables.
  - A host name keeps the letters, digits, spaces, dots, underscores and hyphens of the tenant's name. Every other character becomes an
    underscore. The ID of the tenant is appended if several tenants have the same name, if the name is empty, or if it is the name of a
    group or V(localhost).
  - Text from a vendor is never evaluated as a template.
  - On any error, or if the vendors list no tenant, the inventory source fails. Set E(ANSIBLE_INVENTORY_UNPARSED_FAILED) to end the command
    in this case. AWX does this.
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
    description: The vendors whose tenants to list. The default is every vendor whose credentials are set.
    type: list
    elements: str
    choices: [meraki, eset]
  hostnames:
    description: The properties to use as the host name. If the tenant does not have the first property, the plugin uses the next one.
    type: list
    elements: str
    choices: [name, id]
    default: [name]
  include:
    description:
      - Shell patterns such as V(Clinic *). If set, only tenants whose whole name or ID matches a pattern become hosts.
      - Patterns are case-sensitive. If a pattern matches no tenant, the plugin warns.
    type: list
    elements: str
    default: []
  exclude:
    description: Shell patterns. Tenants whose whole name or ID matches a pattern do not become hosts, even if O(include) matches.
    type: list
    elements: str
    default: []
  api_disabled:
    description: Whether to list Meraki organizations whose API access is disabled. The modules cannot read them.
    type: bool
    default: false
  meraki_api_key:
    description: The Dashboard API key. You can use a template.
    type: str
    env:
      - name: MERAKI_DASHBOARD_API_KEY
  meraki_base_url:
    description:
      - The base URL of the Dashboard API, such as V(https://api.meraki.ca/api/v1). The default is V(https://api.meraki.com/api/v1).
    type: str
    env:
      - name: MERAKI_DASHBOARD_BASE_URL
  eset_username:
    description:
      - The ESET user to sign in as.
      - The environment variable is not used if O(eset_access_token) is set in the file.
    type: str
    env:
      - name: ESET_USERNAME
  eset_password:
    description:
      - The password for O(eset_username). You can use a template.
      - The environment variable is not used if O(eset_access_token) is set in the file.
    type: str
    env:
      - name: ESET_PASSWORD
  eset_access_token:
    description:
      - An ESET access token. It is used first, before O(eset_username) and O(eset_password). You can use a template.
      - The environment variable is not used if O(eset_username) or O(eset_password) is set in the file.
    type: str
    env:
      - name: ESET_ACCESS_TOKEN
  eset_region:
    description: The region of the ESET tenant, V(eu), V(de), V(us), V(ca) or V(jpn). The default is V(eu).
    type: str
    env:
      - name: ESET_REGION
  eset_deployment:
    description: V(cloud) is ESET Connect. V(on_prem) is an ESET PROTECT On-Prem server. The default is V(cloud).
    type: str
    env:
      - name: ESET_DEPLOYMENT
  eset_base_url:
    description: The base URL of all ESET requests, such as V(https://SERVER:9443). Required for O(eset_deployment=on_prem).
    type: str
    env:
      - name: ESET_BASE_URL
  timeout:
    description: The maximum duration of one request, in seconds.
    type: float
    default: 60
  retry_timeout:
    description: The maximum total time, in seconds, to wait after errors and rate-limit responses of one vendor.
    type: float
    default: 300
  rate_limit:
    description: The maximum number of requests a second to one vendor.
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
  - The cache contains IDs, names and the values in C(secops_tenant). It does not contain credentials. Each combination of inventory file,
    vendors, servers and ESET user has its own cache.
seealso:
  - plugin: ansible.builtin.constructed
    plugin_type: inventory
"""

EXAMPLES = r"""
# Each example is a separate file, such as msp.secops_policy.yml. To use one of the commented examples, remove the comment characters.

# Credentials come from the environment. Every organization becomes a host.
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

# Some of an MSP's Meraki customers, in groups by MSP ID and licensing model.
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
from ansible_collections.secops.policy.plugins.module_utils._http.errors import ApiError
from ansible_collections.secops.policy.plugins.module_utils._http.exchange import HAS_REQUESTS
from ansible_collections.secops.policy.plugins.module_utils._model.documented import Undocumented
from ansible_collections.secops.policy.plugins.module_utils._model.mask import Mask
from ansible_collections.secops.policy.plugins.module_utils._model.plan import canonical_json, summed
from ansible_collections.secops.policy.plugins.module_utils._model.validation import did_you_mean, show, unsupported
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
        for name, value in given.items():
            if name not in self.option_definitions:
                raise AnsibleParserError(f"{name}: {unsupported(name, sorted(self.option_definitions))}")
            choices = self.option_definitions[name].get("choices") or []
            items = value if isinstance(value, list) else [item.strip() for item in str(value).split(",")]
            for item in items if choices and value is not None else []:
                if item not in choices:
                    raise AnsibleParserError(f"{name}: {show(item)} is not one of: {', '.join(choices)}{did_you_mean(item, choices)}")
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
        except ApiError as error:
            raise ValueError(connection.with_own_names(vendor, str(error))) from None
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
